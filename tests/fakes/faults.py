"""What can be wrong with an answer: each fault turns the good answer into a reply."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Json = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What goes over the wire.

    Attributes:
        status: the HTTP status.
        body: JSON content, or bytes as they are.
        headers: beside content-type and content-length.
        delay: seconds before it is sent.
        drop: hang up instead.
        missing_bytes: announce more bytes than are sent, then hang up.
    """

    status: int = 200
    body: Json | bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: bool = False
    missing_bytes: int = 0

    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Fault = Callable[[Json], Reply]


# --- the server says no ---------------------------------------------------------------------


def status(
    code_number: int, *, code: str | None = None, message: str = "no", **headers: str
) -> Fault:
    """An error of the API; header names are given with underscores."""
    error = {"message": message, "type": code, "code": code, "param": None}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda good: Reply(code_number, {"error": error}, sent)


def rate_limited(**headers: str) -> Fault:
    """A 429; give `retry_after` or `retry_after_ms` as the server would write them."""
    return status(429, code="rate_limit_exceeded", message="Rate limit reached", **headers)


def quota_exhausted() -> Fault:
    return status(429, code="insufficient_quota", message="You exceeded your current quota")


def wrong_key(shown: str) -> Fault:
    """A 401 that shows part of the key, as OpenAI's does."""
    return status(
        401, code="invalid_api_key", message=f"Incorrect API key provided: sk-****{shown}."
    )


def bad_request(echo: str, code: str = "invalid_request_error") -> Fault:
    """A 400 that quotes the input."""
    return status(400, code=code, message=f"Invalid input: {echo}")


def welcome(**headers: str) -> Fault:
    """No fault: the good answer with headers, given with underscores."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda good: Reply(200, good, sent)


def content_filtered() -> Fault:
    """Azure's way of refusing a prompt."""
    inner = {"code": "ResponsibleAIPolicyViolation"}
    error = {"message": "filtered", "code": "content_filter", "innererror": inner}
    return lambda good: Reply(400, {"error": error})


# --- the wire breaks ------------------------------------------------------------------------


def malformed(good: Json) -> Reply:
    """Half of the JSON, with a length that fits."""
    content = json.dumps(good).encode()
    return Reply(200, content[: len(content) // 2])


def not_json(good: Json) -> Reply:
    return Reply(200, b"<html>Bad gateway</html>", {"content-type": "text/html"})


def json_list(good: Json) -> Reply:
    return Reply(200, b"[1, 2]")


def empty(good: Json) -> Reply:
    return Reply(200, b"")


def disconnected(good: Json) -> Reply:
    return Reply(drop=True)


def cut_short(good: Json) -> Reply:
    """The connection ends in the middle of the body."""
    content = json.dumps(good).encode()
    return Reply(200, content[: len(content) // 2], missing_bytes=len(content))


def slow(seconds: float) -> Fault:
    return lambda good: Reply(200, good, delay=seconds)


# --- embeddings that must not be stored -----------------------------------------------------


def edited(edit: Callable[[Json], object]) -> Fault:
    """The good answer with an edit made in place."""

    def fault(good: Json) -> Reply:
        changed = copy.deepcopy(good)
        edit(changed)
        return Reply(200, changed)

    return fault


def _first_vector(change: Callable[[list[Any]], object]) -> Fault:
    def edit(answer: Json) -> None:
        row = answer["data"][0]
        value = row["embedding"]
        if isinstance(value, str):
            value = np.frombuffer(base64.b64decode(value), dtype="<f4").tolist()
        row["embedding"] = change(value)

    return edited(edit)


def shuffled(good: Json) -> Reply:
    """All there, in another order: the index tells. Not an error."""
    changed = copy.deepcopy(good)
    changed["data"].reverse()
    return Reply(200, changed)


too_few_vectors = edited(lambda answer: answer["data"].pop())
too_many_vectors = edited(lambda answer: answer["data"].append(answer["data"][0]))
no_data = edited(lambda answer: answer.pop("data"))
same_index = edited(lambda answer: [row.update(index=0) for row in answer["data"]])
no_index = edited(lambda answer: [row.pop("index") for row in answer["data"]])
wrong_width = _first_vector(lambda vector: vector[:-1])
not_a_number = _first_vector(lambda vector: [float("nan"), *vector[1:]])
infinite = _first_vector(lambda vector: [1e39, *vector[1:]])
zero_vector = _first_vector(lambda vector: [0.0] * len(vector))
words_for_numbers = _first_vector(lambda vector: ["0.1"] * len(vector))
not_base64 = _first_vector(lambda vector: "not base64!")
no_vector = _first_vector(lambda vector: None)


# --- chat answers that must not be stored ---------------------------------------------------


def _choice(edit: Callable[[Json], object]) -> Fault:
    return edited(lambda answer: edit(answer["choices"][0]))


def written(edit: Callable[[Json], object]) -> Fault:
    """The good answer with an edit to the JSON that the model wrote."""

    def change(choice: Json) -> None:
        content = json.loads(choice["message"]["content"])
        edit(content)
        choice["message"]["content"] = json.dumps(content)

    return _choice(change)


refused = _choice(lambda choice: choice["message"].update(content=None, refusal="I cannot."))
filtered_answer = _choice(lambda choice: choice.update(finish_reason="content_filter"))
cut_off = _choice(lambda choice: choice.update(finish_reason="length"))
no_choice = edited(lambda answer: answer.update(choices=[]))
chatty = _choice(lambda choice: choice["message"].update(content="Sure! Here are the tags."))
truncated_content = _choice(
    lambda choice: choice["message"].update(content=choice["message"]["content"][:-3])
)
unknown_category = written(
    lambda content: content["answers"][0].update(tags=[{"category": "Hacked", "confidence": 1}])
)
missing_id = written(lambda content: content["answers"].pop())
repeated_id = written(lambda content: content["answers"][0].update(id=content["answers"][-1]["id"]))
unknown_id = written(lambda content: content["answers"][0].update(id="somebody-else"))
impossible_confidence = written(
    lambda content: content["answers"][0].update(
        tags=[{"category": content["answers"][0]["tags"][0]["category"], "confidence": 87}]
    )
)
unknown_sentiment = written(lambda content: content["answers"][0].update(sentiment="angry"))
same_names = written(lambda content: [row.update(name="Boots") for row in content["clusters"]])
nameless = written(lambda content: content["clusters"][0].update(name=" "))
unknown_path = written(lambda content: content["clusters"][0].update(path="root.99"))

BY_NAME: dict[str, Fault] = {
    "rate_limited": rate_limited(retry_after="1"),
    "server_error": status(500, code="server_error"),
    "overloaded": status(503, code="overloaded"),
    "malformed": malformed,
    "not_json": not_json,
    "disconnected": disconnected,
    "cut_short": cut_short,
    "quota_exhausted": quota_exhausted(),
    "content_filtered": content_filtered(),
}
"""Faults that suit every path, for `python -m tests.fakes.openai_server --fault`."""
