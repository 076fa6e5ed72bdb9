"""OpenAI's batch API: a file of requests, answered within a day at half price.

Lines are made and read by pure functions, from the same bodies and with the same checks as single
requests; `BatchClient` moves files and batches over the network. Limits and formats:
https://platform.openai.com/docs/guides/batch and the API reference of /v1/batches.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, TypeVar

import httpx2
import openai

from python_jobs.providers.errors import CallFailed, MalformedAnswer, Unavailable
from python_jobs.providers.openai.client import Client
from python_jobs.providers.openai.failures import translate
from python_jobs.providers.retry import Sleep, with_retries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from python_jobs.settings import Settings

T = TypeVar("T")
Json = dict[str, Any]

MAX_REQUESTS = 50_000
"""Lines in a file."""
MAX_INPUTS = 50_000
"""Embedding inputs in a batch, all its requests together."""
MAX_BYTES = 200_000_000
"""Bytes of a file: 200 MB."""
EMBEDDINGS, CHAT = "/v1/embeddings", "/v1/chat/completions"

TERMINAL = frozenset({"completed", "failed", "expired", "cancelled"})
STATUSES = TERMINAL | {"validating", "in_progress", "finalizing", "cancelling"}

_NAME = "insights_batch"
"""The key of a batch's metadata that holds our own id for it."""
_PAGE = 100
_CLOCK_SKEW = 3600.0
_TRANSFER_TIMEOUT = 600.0
"""Seconds without a byte before a transfer of a file is given up."""


class Missing(CallFailed):
    """The provider knows no such batch or file, or the key may not see it (404)."""

    status = "missing"


@dataclass(frozen=True)
class RemoteBatch:
    """A batch as the provider tells of it.

    Attributes:
        count_completed: lines answered so far; `count_failed` those that failed.
        ended_at: Unix time of its end, None while it runs.
        problems: codes of what was wrong with the file as a whole.
        name: our own id for it, None where another program made it.
    """

    provider_batch_id: str
    status: str
    input_file_id: str | None
    output_file_id: str | None
    error_file_id: str | None
    count_completed: int
    count_failed: int
    created_at: int
    ended_at: int | None
    problems: tuple[str, ...]
    name: str | None


@dataclass(frozen=True)
class LineAnswer:
    """What one line of an output or error file says: a request's answer, or how it failed."""

    custom_id: str
    payload: Json | None
    error: CallFailed | None


# --- lines ----------------------------------------------------------------------------------


def request_line(custom_id: str, endpoint: str, body: Json) -> bytes:
    """One line of a file of requests, its line break included."""
    line = {"custom_id": custom_id, "method": "POST", "url": endpoint, "body": body}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def answer_line(raw: bytes, host: str) -> LineAnswer | None:
    """Read a line of an output or error file; None where it is not one.

    The answer's own content is still unchecked: that is for the reader of its kind of request.
    """
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    custom_id = line.get("custom_id") if isinstance(line, dict) else None
    if not isinstance(custom_id, str):
        return None
    response = line.get("response")
    if line.get("error") or not isinstance(response, dict):
        return LineAnswer(custom_id, None, _unanswered(line.get("error")))
    status, body = response.get("status_code"), response.get("body")
    if status != 200:
        return LineAnswer(custom_id, None, _failed(status, body, host))
    if not isinstance(body, dict):
        return LineAnswer(custom_id, None, MalformedAnswer("a line holds no answer"))
    return LineAnswer(custom_id, body, None)


def _unanswered(error: object) -> CallFailed:
    """The provider did not get to the request: expired, cancelled, or a fault of its own."""
    code = _code(error.get("code") if isinstance(error, dict) else None)
    return Unavailable(f"the request was not answered ({code})")


def _failed(status: object, body: object, host: str) -> CallFailed:
    """The same failure as that of a single request."""
    if type(status) is not int or not 400 <= status <= 599:
        return MalformedAnswer("a line holds no status")
    error = body.get("error", body) if isinstance(body, dict) else None
    request = httpx2.Request("POST", f"https://{host}")
    response = httpx2.Response(status, request=request)
    return translate(openai.APIStatusError("", response=response, body=error), host, 0.0)


# --- the provider's batches and files -------------------------------------------------------


class BatchClient:
    """Batches and their files over the network; every call is retried like a model's.

    Raises:
        ConfigurationError: no key, or an address that is none.
    """

    def __init__(self, settings: Settings, *, sleep: Sleep | None = None) -> None:
        self._client = Client(settings, sleep=sleep)
        self._sdk = self._client.sdk
        self._sleep = sleep or time.sleep
        self.host = self._client.host

    def upload(self, name: str, content: IO[bytes]) -> str:
        """Upload a file of requests; the id that the provider gives it.

        Raises:
            CallFailed: as every method of this class.
        """

        def attempt() -> Json:
            content.seek(0)
            file = (name, content, "application/jsonl")
            create = self._sdk.files.with_raw_response.create
            try:
                return self._send(create, file=file, purpose="batch", timeout=_TRANSFER_TIMEOUT)
            except Missing:
                raise Missing(
                    f"{self.host} takes no files: it has no batch API", hint="use --mode online"
                ) from None

        return _text(self._retried("batch upload", attempt), "id")

    def uploads(self, name: str) -> list[str]:
        """Ids of the uploaded files of this name: a crash may have left one behind."""

        def attempt() -> list[str]:
            rows = self._pages(self._sdk.files.with_raw_response.list, purpose="batch")
            return [_text(row, "id") for row in rows if row.get("filename") == name]

        return self._retried("file list", attempt)

    def create(
        self, batch_id: str, input_file_id: str, endpoint: str, *, hold: Callable[[], None]
    ) -> RemoteBatch:
        """Start a batch under our name; one that an attempt before has started is taken instead.

        Args:
            batch_id: our id for it.
            input_file_id: the uploaded file.
            endpoint: where its lines go.
            hold: called before each attempt, and raises where the batch is not ours to start.
        """
        tried = False

        def attempt() -> RemoteBatch:
            nonlocal tried
            hold()
            # An attempt that timed out may have made it all the same.
            found = self._find(batch_id, None) if tried else None
            tried = True
            return found or remote_batch(
                self._send(
                    self._sdk.batches.with_raw_response.create,
                    input_file_id=input_file_id,
                    endpoint=endpoint,
                    completion_window="24h",
                    metadata={_NAME: batch_id},
                )
            )

        return self._retried("batch creation", attempt)

    def find(self, batch_id: str, since: datetime) -> RemoteBatch | None:
        """The batch of our name, if it was started; looks back to `since`."""
        return self._retried("batch list", lambda: self._find(batch_id, since))

    def retrieve(self, provider_batch_id: str) -> RemoteBatch:
        """How a batch is getting on."""
        return remote_batch(
            self._call("batch status", self._sdk.batches.with_raw_response.retrieve)(
                batch_id=provider_batch_id
            )
        )

    def cancel(self, provider_batch_id: str) -> RemoteBatch:
        """Ask for the end of a batch; one that has ended stays as it is."""
        found = self.retrieve(provider_batch_id)
        if found.status in TERMINAL or found.status == "cancelling":
            return found
        return remote_batch(
            self._call("batch cancellation", self._sdk.batches.with_raw_response.cancel)(
                batch_id=provider_batch_id
            )
        )

    def download(self, file_id: str, into: IO[bytes]) -> None:
        """Write a file's content to `into`, from its start, and rewind it."""

        def attempt() -> None:
            into.seek(0)
            into.truncate()
            content = self._sdk.files.with_streaming_response.content
            try:
                with content(file_id, timeout=_TRANSFER_TIMEOUT) as response:
                    for chunk in response.iter_bytes(1 << 16):
                        into.write(chunk)
            except openai.NotFoundError:
                raise _missing(self.host) from None
            except openai.OpenAIError as error:
                raise translate(error, self.host, _TRANSFER_TIMEOUT) from None
            except httpx2.HTTPError:  # in the middle of the body, where the client lets it pass
                raise Unavailable(f"{self.host} broke off in the middle of a file") from None

        self._retried("batch download", attempt)
        into.seek(0)

    def delete(self, file_id: str) -> None:
        """Delete a file; one that is gone already is fine."""
        try:
            self._call("file deletion", self._sdk.files.with_raw_response.delete)(file_id=file_id)
        except Missing:
            return

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _find(self, batch_id: str, since: datetime | None) -> RemoteBatch | None:
        oldest = since.timestamp() - _CLOCK_SKEW if since else time.time() - _CLOCK_SKEW
        for row in self._pages(self._sdk.batches.with_raw_response.list):
            found = remote_batch(row)
            if found.name == batch_id:
                return found
            if found.created_at < oldest:
                return None
        return None

    def _pages(self, list_page: Callable[..., Any], **query: Any) -> Iterator[Json]:
        """Every entry of a list, page by page, the newest first."""
        after: Json = {}
        while True:
            page = self._send(list_page, limit=_PAGE, **query, **after)
            rows = page.get("data")
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise MalformedAnswer(f"{self.host} sent a list that cannot be read")
            yield from rows
            if not rows or not page.get("has_more"):
                return
            after = {"after": _text(rows[-1], "id")}

    def _call(self, what: str, send: Callable[..., Any]) -> Callable[..., Json]:
        return lambda **body: self._retried(what, lambda: self._send(send, **body))

    def _retried(self, what: str, attempt: Callable[[], T]) -> T:
        return with_retries(attempt, what=what, sleep=self._sleep)

    def _send(self, send: Callable[..., Any], **body: Any) -> Json:
        def sending(**arguments: Any) -> Any:
            try:
                return send(**arguments)
            except openai.NotFoundError:
                raise _missing(self.host) from None

        return self._client.send(sending, body)


def remote_batch(payload: Json) -> RemoteBatch:
    """Check what the provider says of a batch.

    Raises:
        MalformedAnswer: it has no id, or a status that is none.
    """
    status = payload.get("status")
    if status not in STATUSES:
        raise MalformedAnswer("a batch has no status, or one that is not known")
    counts = payload.get("request_counts")
    ends = [payload.get(f"{name}_at") for name in sorted(TERMINAL)]
    metadata = payload.get("metadata")
    name = metadata.get(_NAME) if isinstance(metadata, dict) else None
    return RemoteBatch(
        provider_batch_id=_text(payload, "id"),
        status=status,
        input_file_id=_id(payload, "input_file_id"),
        output_file_id=_id(payload, "output_file_id"),
        error_file_id=_id(payload, "error_file_id"),
        count_completed=_number(counts, "completed"),
        count_failed=_number(counts, "failed"),
        created_at=_number(payload, "created_at"),
        ended_at=max((end for end in ends if type(end) is int), default=None),
        problems=_problems(payload.get("errors")),
        name=name if isinstance(name, str) else None,
    )


def _problems(errors: object) -> tuple[str, ...]:
    data = errors.get("data") if isinstance(errors, dict) else None
    rows = data if isinstance(data, list) else []
    codes = {_code(row.get("code")) for row in rows if isinstance(row, dict)}
    return tuple(sorted(codes))


def _code(value: object) -> str:
    """An error's code; the message beside it may quote the file."""
    known = isinstance(value, str) and re.fullmatch(r"[a-z_]{1,60}", value)
    return str(value) if known else "no reason given"


def _missing(host: str) -> Missing:
    return Missing(
        f"{host} knows no such batch or file",
        hint="was it made with another key, or has it been deleted?",
    )


def _text(payload: Json, name: str) -> str:
    found = _id(payload, name)
    if found is None:
        raise MalformedAnswer(f"an answer has no {name}")
    return found


def _id(payload: Json, name: str) -> str | None:
    value = payload.get(name)
    return value if isinstance(value, str) and 0 < len(value) <= 200 else None


def _number(payload: object, name: str) -> int:
    value = payload.get(name) if isinstance(payload, dict) else None
    return value if type(value) is int and value >= 0 else 0
