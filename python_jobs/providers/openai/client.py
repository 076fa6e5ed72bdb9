"""The connection to the server: one request, retried, metered, read as plain JSON.

The official client sends; what comes back is read here and checked by `validation`, because
the client builds its objects without looking at the values. Its own retries are off.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import openai

from python_jobs.errors import ConfigurationError
from python_jobs.providers import validation
from python_jobs.providers.base import Usage
from python_jobs.providers.errors import CallFailed, ContentRefused, InvalidAnswer, MalformedAnswer
from python_jobs.providers.openai.failures import translate
from python_jobs.providers.retry import Sleep, with_retries

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_jobs.settings import Settings

T = TypeVar("T")
Json = dict[str, Any]

DEFAULT_BASE_URL = "https://api.openai.com/v1"
_STEADY_MODELS = ("gpt-4", "gpt-3.5")
"""Families that take a temperature; the reasoning ones reject it."""


@dataclass
class _Meter:
    """Counts what a call costs, over all its attempts."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    latency: float = 0.0

    def add_tokens(self, usage: object) -> None:
        """Add what the server says it counted; what is not a number counts as nothing."""
        self.input_tokens += _count(usage, "prompt_tokens")
        self.output_tokens += _count(usage, "completion_tokens")
        details = usage.get("prompt_tokens_details") if isinstance(usage, dict) else None
        self.cached_tokens += _count(details, "cached_tokens")

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
        )


class Client:
    """One connection pool, for any number of threads.

    Raises:
        ConfigurationError: no key, one that cannot be a key, or a base URL that is none.
    """

    def __init__(self, settings: Settings, *, sleep: Sleep = time.sleep) -> None:
        base_url = settings.openai_base_url or DEFAULT_BASE_URL
        self.host = _host(base_url)
        self._timeout = settings.request_timeout
        self._sleep = sleep
        self._openai = openai.OpenAI(
            api_key=_key(settings), base_url=base_url, timeout=self._timeout, max_retries=0
        )

    def embeddings(self, body: Json, read: Callable[[Json], T]) -> tuple[T, Usage]:
        """POST to /embeddings; `read` checks the answer. See `_call`."""
        create = self._openai.embeddings.with_raw_response.create
        return self._call("embedding request", create, body, read)

    def chat(
        self, model: str, system: str, data: object, schema: Json, read: Callable[[Json], T]
    ) -> tuple[T, Usage]:
        """POST to /chat/completions for one JSON object of the schema.

        Args:
            model: the chat model.
            system: instructions, the same from request to request so that they are cached.
            data: JSON-like content; the user message is this and nothing else.
            schema: {"name", "strict", "schema"}.
            read: checks the object that the model wrote.
        """
        body: Json = {
            "model": model,
            "messages": [
                {"role": "system", "content": encodable(system)},
                {"role": "user", "content": encodable(json.dumps(data, ensure_ascii=False))},
            ],
            "response_format": {"type": "json_schema", "json_schema": schema},
        }
        if model.startswith(_STEADY_MODELS):
            body["temperature"] = 0
        create = self._openai.chat.completions.with_raw_response.create
        return self._call(
            f"{schema['name']} request", create, body, lambda payload: read(_written(payload))
        )

    def close(self) -> None:
        """Close the connections."""
        self._openai.close()

    def _call(
        self, what: str, create: Callable[..., Any], body: Json, read: Callable[[Json], T]
    ) -> tuple[T, Usage]:
        """Send until an answer passes its checks.

        Raises:
            CallFailed: with the usage of all attempts.
        """
        meter = _Meter()

        def attempt() -> T:
            payload = self._send(create, body, meter)
            meter.add_tokens(payload.get("usage"))
            return read(payload)

        try:
            value = with_retries(attempt, what=what, sleep=self._sleep)
        except CallFailed as error:
            error.usage = meter.usage(error.status)
            raise
        return value, meter.usage()

    def _send(self, create: Callable[..., Any], body: Json, meter: _Meter) -> Json:
        meter.requests += 1
        start = time.perf_counter()
        try:
            content: bytes = create(**body).http_response.content
        except openai.OpenAIError as error:
            # `from None`: the original holds the server's words, which quote key and text
            raise translate(error, self.host, self._timeout) from None
        finally:
            meter.latency += time.perf_counter() - start
        try:
            payload = json.loads(content)
        except (ValueError, RecursionError):
            raise MalformedAnswer(f"{self.host} sent an answer that is not JSON") from None
        if not isinstance(payload, dict):
            raise MalformedAnswer(f"{self.host} sent an answer that is no object")
        return payload


def encodable(text: str) -> str:
    """The text without lone surrogates, which no request can carry."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _written(payload: Json) -> Json:
    """The JSON object in the first choice of a chat answer."""
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


def _count(usage: object, name: str) -> int:
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if type(value) is int and value > 0 else 0


def _key(settings: Settings) -> str:
    key = settings.openai_api_key.get_secret_value().strip() if settings.openai_api_key else ""
    if not key:
        raise ConfigurationError(
            "the provider openai needs a key, and OPENAI_API_KEY is not set",
            hint="set it in the environment or in .env, or use --provider local",
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError(
            "OPENAI_API_KEY holds characters that no key has",
            hint="copy the key again, without quotes, spaces or line breaks",
        )
    return key


def _host(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
        host = parts.hostname if parts.scheme in ("http", "https") and parts.port != 0 else None
    except ValueError:
        host = None
    if not host:
        raise ConfigurationError(
            "OPENAI_BASE_URL is not an http(s) address",
            hint=f"it looks like {DEFAULT_BASE_URL}",
        )
    return host
