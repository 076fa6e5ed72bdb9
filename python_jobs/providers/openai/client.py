"""The connection to the server: one request, retried, metered, read as plain JSON.

The official client sends; what comes back is read here and checked by `validation`, because
the client builds its objects without looking at the values. Its own retries are off.
"""

from __future__ import annotations

import json
import time
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, Unpack

import openai

from python_jobs.providers import validation
from python_jobs.providers.base import Usage, added
from python_jobs.providers.errors import CallFailed, ContentRefused, InvalidAnswer, MalformedAnswer
from python_jobs.providers.openai import models
from python_jobs.providers.openai.connection import Host, connect
from python_jobs.providers.openai.failures import translate
from python_jobs.providers.pause import Pause
from python_jobs.providers.retry import with_retries
from python_jobs.providers.spending import ZERO, Bill, BudgetReached, billed
from python_jobs.providers.tokens import encodable, most_tokens

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from decimal import Decimal

    from python_jobs.providers.retry import Sleep
    from python_jobs.providers.spending import Spending
    from python_jobs.settings import Settings

T = TypeVar("T")
Json = dict[str, Any]


@dataclass
class _Meter:
    """Counts what a call costs, over all its attempts."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    latency: float = 0.0
    cost: Decimal | None = ZERO

    def add_tokens(self, usage: object, bill: Bill | None = None) -> None:
        """Add what the server says it counted; what is not a number counts as nothing."""
        details = usage.get("prompt_tokens_details") if isinstance(usage, dict) else None
        sent, written = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
        cached = _count(details, "cached_tokens")
        self.input_tokens += sent or 0
        self.output_tokens += written or 0
        self.cached_tokens += cached or 0
        if bill is not None:
            bill.add(sent, written or 0, cached or 0)

    def usage(self, status: str = "ok") -> Usage:
        """Everything counted so far."""
        return Usage(
            requests=self.requests,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            cached_tokens=self.cached_tokens,
            latency_seconds=self.latency,
            retries=max(0, self.requests - 1),
            status=status,
            cost_usd=self.cost,
        )


class ClientOptions(TypedDict, total=False):
    """How a client is made.

    Attributes:
        provider: "openai" (default) or "azure".
        sleep: waits for the seconds given; None waits so that `stop` ends it.
        stop: set when no call shall be made any more: calls then raise `Stopped`.
        spending: asked before every request; None where nobody counts money.
    """

    provider: Host
    sleep: Sleep | None
    stop: threading.Event | None
    spending: Spending | None


class Client:
    """One connection pool and one pause, for any number of threads.

    Args:
        settings: key and address.
        options: see `ClientOptions`.

    Raises:
        ConfigurationError: see `connection.connect`.
    """

    def __init__(self, settings: Settings, **options: Unpack[ClientOptions]) -> None:
        self.provider: Host = options.get("provider", "openai")
        self._connection = connect(settings, self.provider)
        self._spending = options.get("spending")
        self.host = self._connection.host
        self.sdk = self._connection.client
        self._pause = Pause(sleep=options.get("sleep"), stop=options.get("stop"))
        # The SDK leaves its sockets to the garbage collector; whoever forgets us closes them.
        self._close = weakref.finalize(self, self.sdk.close)

    def embeddings(self, body: Json, read: Callable[[Json], T]) -> tuple[T, Usage]:
        """POST to /embeddings; `read` checks the answer. See `_call`."""
        sent = body | {"model": self._connection.served_as("embedding", body["model"])}
        # Texts given as `extra_body` travel the same and are not looked at one by one by the
        # client's type conversion, which takes longer than everything else before the request.
        sent |= {"input": [], "extra_body": {"input": body["input"]}}
        create = self.sdk.embeddings.with_raw_response.create
        most = (most_tokens(body["input"]), 0)
        return self._call("embedding request", create, sent, read, body["model"], most)

    def chat(self, body: Json, read: Callable[[Json], T]) -> tuple[T, Usage]:
        """POST to /chat/completions; `read` checks the object that the model wrote. See `_call`.

        Args:
            body: as `chat_body` makes it.
            read: raises `CallFailed` where the object is not what was asked for.
        """
        sent = body | {"model": self._connection.served_as("chat", body["model"])}
        create = self.sdk.chat.completions.with_raw_response.create
        schema = body["response_format"]["json_schema"]
        texts = [message["content"] for message in body["messages"]]
        most = (most_tokens([*texts, json.dumps(schema)]), body["max_completion_tokens"])
        what = f"{schema['name']} request"
        return self._call(
            what, create, sent, lambda payload: read(written(payload)), body["model"], most
        )

    def close(self) -> None:
        """Close the connections."""
        self._close()

    def send(self, create: Callable[..., Any], body: Json) -> Json:
        """One request, once: `create` is a raw-response method of `sdk`.

        Raises:
            CallFailed: the server said no, or sent something that is no JSON object.
        """
        where = self._connection
        try:
            response = create(**body).http_response
        except openai.OpenAIError as error:
            asked = str(body.get("model", ""))
            # `from None`: the original holds the server's words, which quote key and text
            raise translate(error, where.host, where.timeout, where.hints, asked) from None
        self._pause.heed(response.headers)
        try:
            payload = json.loads(response.content)
        except (ValueError, RecursionError):
            raise MalformedAnswer(f"{where.host} sent an answer that is not JSON") from None
        if not isinstance(payload, dict):
            raise MalformedAnswer(f"{where.host} sent an answer that is no object")
        return payload

    def _call(
        self,
        what: str,
        create: Callable[..., Any],
        body: Json,
        read: Callable[[Json], T],
        model: str,
        most: tuple[int, int],
    ) -> tuple[T, Usage]:
        """Send until an answer passes its checks.

        Args:
            what: the request's name in warnings.
            create: a raw-response method of `sdk`.
            body: its arguments.
            read: checks the answer.
            model: by which the price is known, whatever the deployment is called.
            most: tokens that one attempt can read and write.

        Raises:
            CallFailed, BudgetReached: with the usage of all attempts.
        """
        meter = _Meter()

        def attempt() -> T:
            with billed(self._spending, model, *most) as bill:
                meter.requests += 1
                start = time.perf_counter()
                try:
                    payload = self.send(create, body)
                finally:
                    meter.latency += time.perf_counter() - start
                meter.add_tokens(payload.get("usage"), bill)
                meter.cost = added(meter.cost, bill.cost)
                return read(payload)

        try:
            value = with_retries(attempt, what=what, pause=self._pause)
        except CallFailed as error:
            error.usage = meter.usage(error.status)
            raise
        except BudgetReached as error:
            error.usage = meter.usage("budget")
            raise
        return value, meter.usage()


def chat_body(model: str, system: str, data: object, schema: Json, items: int) -> Json:
    """The body of a chat request for one JSON object of the schema.

    Args:
        model: the chat model.
        system: instructions, the same from request to request so that they are cached.
        data: JSON-like content; the user message is this and nothing else.
        schema: {"name", "strict", "schema"}.
        items: what the answer is about; limits its length.
    """
    body: Json = {
        "model": model,
        "messages": [
            {"role": "system", "content": encodable(system)},
            {"role": "user", "content": encodable(json.dumps(data, ensure_ascii=False))},
        ],
        "response_format": {"type": "json_schema", "json_schema": schema},
        "max_completion_tokens": models.longest_answer(model, items),
    }
    if models.takes_temperature(model):
        body["temperature"] = 0
    return body


def usage_of(payload: Json) -> Usage:
    """What one answer says it cost."""
    meter = _Meter(requests=1)
    meter.add_tokens(payload.get("usage"))
    return meter.usage()


def written(payload: Json) -> Json:
    """The JSON object in the first choice of a chat answer.

    Raises:
        InvalidAnswer: there is none.
        ContentRefused: the model or a filter refused.
    """
    choices = payload.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise InvalidAnswer("the answer has no message")
    if message.get("refusal"):
        raise ContentRefused("the model refused to work on the text")
    if choice.get("finish_reason") == "content_filter":
        raise ContentRefused("the content filter stopped the answer")
    if choice.get("finish_reason") == "length":
        raise InvalidAnswer("the answer was cut off", hint="send fewer items a request")
    return dict(validation.json_object(message.get("content")))


def _count(usage: object, name: str) -> int | None:
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if type(value) is int and value >= 0 else None
