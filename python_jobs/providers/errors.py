"""How a call to a model fails.

No message holds a key, a text or anything the server wrote: servers quote both in their
errors (OpenAI's 401 shows part of the key, a 400 part of the input).
"""

from __future__ import annotations

from typing import ClassVar

from python_jobs.errors import ProviderError
from python_jobs.providers.base import Usage


class CallFailed(ProviderError):  # noqa: N818
    """A call that is over without an answer.

    Attributes:
        status: the kind of failure, for `api_usage` and `dead_letters`.
        transient: whether the same call may succeed a little later.
        batch_at_fault: whether a smaller batch may succeed, so that halving finds the item.
        may_be_billed: whether the server may have done the work, and nobody knows for how much.
        retry_after: seconds the server asked to wait.
        usage: what the call cost, all attempts together.
    """

    status: ClassVar[str] = "failed"
    transient: ClassVar[bool] = False
    batch_at_fault: ClassVar[bool] = False
    may_be_billed: ClassVar[bool] = False

    def __init__(
        self, message: str, *, hint: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after
        self.usage = Usage(status=self.status)


class KeyRejected(CallFailed):
    """The key is wrong, or may not use the model (401, 403)."""

    status = "key_rejected"


class QuotaExhausted(CallFailed):
    """The account has no money or quota left."""

    status = "quota_exhausted"


class Misconfigured(CallFailed):
    """No such model or address, or an option that the model does not have."""

    status = "misconfigured"


class BadRequest(CallFailed):
    """The server does not accept the texts, or their number or length (400, 413, 422)."""

    status = "bad_request"
    batch_at_fault = True


class ContentRefused(CallFailed):
    """A content filter or the model itself refused to work on the text."""

    status = "content_refused"
    batch_at_fault = True


class InvalidAnswer(CallFailed):
    """An answer came, and a check of `validation` failed."""

    status = "invalid_answer"
    batch_at_fault = True


class WrongDimensions(InvalidAnswer):
    """Every vector of a batch has the same other width: it is the model, not the batch."""

    batch_at_fault = False


class Stopped(CallFailed):
    """The job was asked to stop, and the call was not made, or not made again."""

    status = "stopped"


class Unavailable(CallFailed):
    """The server cannot be reached, fails or does not answer in time."""

    status = "unavailable"
    transient = True


class AnswerLost(Unavailable):
    """The request was sent, and no answer came: too late, or the connection broke."""

    may_be_billed = True


class RateLimited(Unavailable):
    """Too many requests or tokens a minute."""

    status = "rate_limited"


class MalformedAnswer(Unavailable):
    """What came with status 200 is not JSON: a proxy's page, or a body cut off."""

    status = "malformed_answer"
    may_be_billed = True
