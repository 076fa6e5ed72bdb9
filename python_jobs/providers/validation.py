"""The checks on everything that comes back from a model. Nothing unchecked is ever stored.

Each function takes parsed JSON of unknown shape and returns values of `base`, or raises
`InvalidAnswer` with a message that holds neither the answer nor the text.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from python_jobs.providers import rationales
from python_jobs.providers.base import SENTIMENTS, Sentiment, Tag, TagResult, Vectors
from python_jobs.providers.errors import InvalidAnswer, WrongDimensions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

LONGEST_NAME = 80
LONGEST_SUMMARY = 500
LONGEST_SENTENCE = 700


def vectors(data: object, count: int, dimensions: int) -> Vectors:
    """Check an embeddings answer and put it in the order of the texts.

    Args:
        data: a list of {"index": int, "embedding": floats or base64 of little-endian float32}.
        count: texts sent.
        dimensions: the width that each vector must have.

    Returns:
        float32 of shape (count, dimensions).

    Raises:
        InvalidAnswer: another count or width, an index missing or twice, values that are not
            finite numbers, or a vector of zeros.
        WrongDimensions: several vectors, all of one other width.
    """
    rows = _list(data, "vectors")
    if len(rows) != count:
        raise InvalidAnswer(f"{len(rows)} vectors came back for {count} texts")
    found: dict[int, Vectors] = {}
    for row in rows:
        entry = _mapping(row, "a vector")
        index = entry.get("index")
        if type(index) is not int or not 0 <= index < count or index in found:
            raise InvalidAnswer("a vector has no index, a wrong one, or another vector's")
        found[index] = _vector(entry.get("embedding"))
    _check_widths([vector.shape for vector in found.values()], dimensions)
    ordered = np.array([found[index] for index in range(count)], dtype=np.float32)
    return check_vectors(ordered.reshape(count, dimensions))


def check_vectors(array: Vectors) -> Vectors:
    """Return the array where all its values are finite and no row is zero.

    Raises:
        InvalidAnswer: they are not.
    """
    if not np.isfinite(array).all():
        raise InvalidAnswer("a vector holds values that are not finite")
    if not (np.abs(array).max(axis=1, initial=0.0) > 0).all():
        raise InvalidAnswer("a vector is all zeros")
    return array


def _check_widths(shapes: list[tuple[int, ...]], dimensions: int) -> None:
    if all(shape == (dimensions,) for shape in shapes):
        return
    if len(shapes) > 1 and len(set(shapes)) == 1:
        raise WrongDimensions(
            f"the vectors have {shapes[0][0]} dimensions instead of {dimensions}",
            hint="set INSIGHTS_EMBEDDING_DIMENSIONS to what the model gives",
        )
    raise InvalidAnswer(f"a vector does not have {dimensions} dimensions")


def _vector(value: object) -> Vectors:
    if isinstance(value, str):
        try:
            raw = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise InvalidAnswer("a vector is not base64") from None
        if len(raw) % 4:
            raise InvalidAnswer("a vector's bytes are not whole numbers of float32")
        return np.frombuffer(raw, dtype="<f4")
    return _floats(_list(value, "numbers in a vector"))


def _floats(values: list[Any]) -> Vectors:
    try:
        array = np.array(values)
    except ValueError:
        raise InvalidAnswer("a vector holds lists") from None
    if array.dtype.kind not in "iuf":
        raise InvalidAnswer("a vector holds something that is not a number")
    with np.errstate(over="ignore"):  # too large for float32 becomes infinite, caught later
        return array.astype(np.float32)


def json_object(text: object) -> Mapping[str, Any]:
    """Parse the text a model wrote as one JSON object.

    Raises:
        InvalidAnswer: it is something else.
    """
    if not isinstance(text, str):
        raise InvalidAnswer("the model wrote no text")
    try:
        return _mapping(json.loads(text), "the answer")
    except (ValueError, RecursionError):
        raise InvalidAnswer("the model did not write JSON") from None


def tag_results(
    answers: object,
    item_ids: Sequence[str],
    categories: Collection[str],
    texts: Sequence[str] | None = None,
) -> tuple[TagResult, ...]:
    """Check a tagging answer and put it in the order of the items.

    Args:
        answers: a list of {"id", "tags": [{"rationale", "category", "confidence"}], "sentiment"}.
        item_ids: the ids sent.
        categories: the names that may come back.
        texts: the items' texts, in their order. A rationale that does not stand in its text is
            left out and counted; without texts none is kept.

    Raises:
        InvalidAnswer: not exactly one answer for each id, a category or sentiment outside the
            lists, a confidence outside [0, 1], or a rationale that stands in another item's
            text instead (the answers are mixed up).
    """
    allowed, expected = frozenset(categories), frozenset(item_ids)
    own = dict(zip(item_ids, texts or [""] * len(item_ids), strict=True))
    found: dict[str, TagResult] = {}
    for answer in _list(answers, "answers"):
        entry = _mapping(answer, "an answer")
        item_id = entry.get("id")
        if not isinstance(item_id, str) or item_id not in expected or item_id in found:
            raise InvalidAnswer("an answer has no id, an unknown one, or another answer's")
        tags, unfounded = _tags(entry.get("tags"), allowed, item_id, own)
        found[item_id] = TagResult(item_id, tags, _sentiment(entry.get("sentiment")), unfounded)
    if len(found) != len(item_ids):
        raise InvalidAnswer(f"{len(found)} answers came back for {len(item_ids)} items")
    return tuple(found[item_id] for item_id in item_ids)


def _tags(
    value: object, allowed: frozenset[str], item_id: str, texts: Mapping[str, str]
) -> tuple[tuple[Tag, ...], int]:
    """The tags, the surest first, and how many rationales did not stand in the text."""
    best: dict[str, Tag] = {}
    unfounded = 0
    for tag in _list(value, "tags"):
        entry = _mapping(tag, "a tag")
        category, quote = entry.get("category"), entry.get("rationale")
        if not isinstance(category, str) or category not in allowed:
            raise InvalidAnswer("a tag is not in the taxonomy")
        sure = confidence(entry.get("confidence"))
        rationale = rationales.quoted(texts[item_id], _line(quote))
        if rationale is None and _line(quote):
            if rationales.is_elsewhere(_line(quote), item_id, texts):
                raise InvalidAnswer("a tag rests on another item's text: the answers are mixed up")
            unfounded += 1
        # a category named twice is one tag: the surer mention counts
        if category not in best or sure > best[category].confidence:
            best[category] = Tag(category, sure, rationale)
    ranked = sorted(best.values(), key=lambda tag: (-tag.confidence, tag.category))
    return tuple(ranked), unfounded


def confidence(value: object) -> float:
    """Return the number where it is one from 0 to 1.

    Raises:
        InvalidAnswer: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidAnswer("a confidence is not a number")
    if not 0 <= value <= 1:  # false for NaN too
        raise InvalidAnswer("a confidence lies outside [0, 1]")
    return float(value)


def _sentiment(value: object) -> Sentiment:
    if value not in SENTIMENTS:
        raise InvalidAnswer("a sentiment is not in the list")
    return cast("Sentiment", value)


def cluster_texts(answers: object, paths: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Check a naming answer.

    Args:
        answers: a list of {"path", "name", "summary"}.
        paths: the cluster paths sent.

    Returns:
        name and summary by path, each on one line. A summary that is too long is shortened.

    Raises:
        InvalidAnswer: not exactly one answer for each path, or a name or summary that is
            empty, or a name of more than 80 characters.
    """
    found: dict[str, tuple[str, str]] = {}
    for answer in _list(answers, "names"):
        entry = _mapping(answer, "a name")
        path, name, summary = (_line(entry.get(key)) for key in ("path", "name", "summary"))
        if path not in paths or path in found:
            raise InvalidAnswer("a name has no path, an unknown one, or another cluster's")
        if not name or not summary or len(name) > LONGEST_NAME:
            raise InvalidAnswer("a cluster's name or summary is empty or too long")
        found[path] = (name, shorten(summary, LONGEST_SUMMARY))
    if len(found) != len(paths):
        raise InvalidAnswer(f"{len(found)} names came back for {len(paths)} clusters")
    return found


def sentences(answers: object, count: int) -> list[str]:
    """Check a wording answer: so many sentences, each on one line.

    Raises:
        InvalidAnswer: another number of them, or one that is empty or too long.
    """
    found = [_line(each) for each in _list(answers, "sentences")]
    if len(found) != count:
        raise InvalidAnswer(f"{len(found)} sentences came back for {count}")
    if not all(0 < len(each) <= LONGEST_SENTENCE for each in found):
        raise InvalidAnswer("a sentence is empty or too long")
    return found


def shorten(text: str, limit: int) -> str:
    """The text on one line, cut at a word's end with an ellipsis where over `limit` characters."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    head = line[: limit - 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut > limit // 2 else head).rstrip(" ,;:.-–(") + "…"


def _line(value: object) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _list(value: object, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidAnswer(f"the answer has no list of {what}")
    return value


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidAnswer(f"{what} is not an object")
    return value
