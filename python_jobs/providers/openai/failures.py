"""The openai package's exceptions as `errors.CallFailed`, without a word of the server's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import openai

from python_jobs.providers import errors
from python_jobs.providers.retry import retry_after

_QUOTA = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
_FILTER = frozenset({"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"})
_TRANSIENT = frozenset({408, 409, 429})
_TOO_LONG = {  # codes worth passing on; others could hold anything
    "context_length_exceeded": "a text is longer than the model reads",
    "max_tokens_per_request": "the texts together are longer than a request may be",
    "string_above_max_length": "a text is longer than allowed",
}
_WRONG_OPTION = {
    "invalid_model": "no such model",
    "OperationNotSupported": "the deployment's model cannot do this",
    "model_not_found": "the model does not exist, or the key may not use it",
    "unsupported_parameter": "the model does not know an option",
    "unsupported_value": "the model does not accept an option's value",
}
_NOT_SENT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"})
"""Exceptions of the HTTP library that the client gives as its cause."""
_OPTIONS = frozenset({"dimensions", "encoding_format", "model", "response_format", "temperature"})
"""Parameters that are the same in every request: where one is wrong, no smaller batch helps."""


@dataclass(frozen=True)
class Hints:
    """What to check, by the provider's own variables."""

    address: str = "check the network, the proxy and OPENAI_BASE_URL"
    key: str = "check OPENAI_API_KEY, and that its project may use the model"


def translate(
    error: openai.OpenAIError,
    host: str,
    timeout: float,
    hints: Hints = Hints(),
    asked: str = "",
) -> errors.CallFailed:
    """Return the failure that the exception stands for.

    Args:
        error: what the client raised.
        host: the server's name, for the message.
        timeout: seconds allowed, for the message.
        hints: what to check.
        asked: the model or deployment that was asked for, for the message.
    """
    if isinstance(error, openai.APITimeoutError):
        return errors.AnswerLost(
            f"{host} did not answer within {timeout:g} s",
            hint="raise INSIGHTS_REQUEST_TIMEOUT, or lower BATCH_SIZE",
        )
    if isinstance(error, openai.APIConnectionError):
        if type(error.__cause__).__name__ in _NOT_SENT:
            return errors.Unavailable(f"no connection to {host}", hint=hints.address)
        return errors.AnswerLost(f"the connection to {host} broke", hint=hints.address)
    if isinstance(error, openai.APIStatusError):
        return _from_status(error, host, hints, asked)
    return errors.MalformedAnswer(f"{host} sent an answer that cannot be read")


def _from_status(
    error: openai.APIStatusError, host: str, hints: Hints, asked: str
) -> errors.CallFailed:
    status, codes = error.status_code, _codes(error)
    if status == 402 or codes & _QUOTA:
        return errors.QuotaExhausted(
            f"the account at {host} has no quota left",
            hint="add credit or raise the limit in the provider's console, then run again",
        )
    if status in (401, 403):
        return errors.KeyRejected(f"{host} rejected the key (status {status})", hint=hints.key)
    if codes & _FILTER:
        return errors.ContentRefused(f"the content filter of {host} refused the text")
    wait = retry_after(error.response.headers)
    if status == 429:
        return errors.RateLimited(
            f"{host} asks to slow down (status 429)",
            hint=_come_back(wait) or "lower MAX_WORKERS",
            retry_after=wait,
        )
    if status in _TRANSIENT or status >= 500:
        return errors.Unavailable(
            f"{host} failed (status {status})", hint=_come_back(wait), retry_after=wait
        )
    if status == 404 and "DeploymentNotFound" in codes:
        return errors.Misconfigured(
            f"{host} has no deployment {asked!r}",
            hint="set INSIGHTS_EMBEDDING_DEPLOYMENT and INSIGHTS_CHAT_DEPLOYMENT; "
            "a new deployment takes some minutes",
        )
    return _rejected(error, codes, host, hints, asked)


def _rejected(
    error: openai.APIStatusError, codes: set[str], host: str, hints: Hints, asked: str
) -> errors.CallFailed:
    status = error.status_code
    wrong = sorted(_WRONG_OPTION[code] for code in codes if code in _WRONG_OPTION)
    if wrong or error.param in _OPTIONS or status not in (400, 413, 422):
        reason = wrong or (["no such model or address"] if status == 404 else [])
        return errors.Misconfigured(
            f"{host} did not accept the request{f' for {asked!r}' if asked else ''} "
            f"({'; '.join([f'status {status}', *reason])})",
            hint="check INSIGHTS_EMBEDDING_MODEL, INSIGHTS_EMBEDDING_DIMENSIONS and "
            f"INSIGHTS_CHAT_MODEL; {hints.address}",
        )
    reason = sorted(_TOO_LONG[code] for code in codes if code in _TOO_LONG)
    return errors.BadRequest(
        f"{host} did not accept the texts ({'; '.join([f'status {status}', *reason])})"
    )


def _come_back(wait: float | None) -> str | None:
    return f"the server asks to wait {wait:.0f} s" if wait else None


def _codes(error: openai.APIStatusError) -> set[str]:
    """The codes and types of the error, Azure's inner one included."""
    body: Any = error.body
    if not isinstance(body, dict):
        return set()
    inner = body.get("innererror")
    found = [body.get("code"), body.get("type")]
    found += [inner.get("code")] if isinstance(inner, dict) else []
    return {code for code in found if isinstance(code, str)}
