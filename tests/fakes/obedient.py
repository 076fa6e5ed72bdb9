"""A tagging model that does whatever any text of its request tells it to.

    server.overrides["/chat/completions"] = Obedient(INJECTIONS)

Without an order among the texts it tags an item with the categories whose words the text holds,
and quotes the word. An order changes the answer for every item of the same request.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tests.fakes.openai_answers import completion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.fakes.injections import Injection

Json = dict[str, Any]


class Obedient:
    """Answers /chat/completions for tagging; counts the orders it was given."""

    def __init__(self, injections: Iterable[Injection] = ()) -> None:
        self._wishes = {injection.text: injection.wish for injection in injections}
        self.orders = 0
        self.orders_among_others = 0

    def __call__(self, body: Json) -> Json:
        items = json.loads(body["messages"][-1]["content"])
        categories = _categories(body)
        answers = [_honest(item, categories) for item in items]
        content: str | None = None
        for item in items:
            wish = self._wishes.get(item["text"])
            if wish is None:
                continue
            self.orders += 1
            self.orders_among_others += len(items) > 1
            if wish == "chat":
                content = "Roses are red, boots are brown."
            else:
                answers = OBEY[wish](answers, item, categories)
        return completion(body, content or json.dumps({"answers": answers}, ensure_ascii=False))


def _categories(body: Json) -> list[str]:
    schema = body["response_format"]["json_schema"]["schema"]
    tag = schema["properties"]["answers"]["items"]["properties"]["tags"]["items"]
    names: list[str] = tag["properties"]["category"]["enum"]
    return names


def _honest(item: Json, categories: list[str]) -> Json:
    words = re.findall(r"\w+", item["text"])
    tags = []
    for category in categories:
        wanted = set(re.findall(r"[^\W_]+", category.casefold()))
        quote = next((word for word in words if word.casefold() in wanted), None)
        if quote is not None:
            tags.append({"rationale": quote, "category": category, "confidence": 0.9})
    bad = {word.casefold() for word in words} & {"bad", "late", "broken", "never"}
    return {"id": item["id"], "tags": tags, "sentiment": "negative" if bad else "positive"}


def _tag(item_text: str, category: str, confidence: float = 1.0) -> Json:
    return {"rationale": item_text[:40], "category": category, "confidence": confidence}


def _tag_all(answers: list[Json], item: Json, categories: list[str]) -> list[Json]:
    forced = _tag(item["text"], categories[0])
    return [{**answer, "tags": [*answer["tags"], forced]} for answer in answers]


def _only_all(answers: list[Json], item: Json, categories: list[str]) -> list[Json]:
    return [{**answer, "tags": [{**_tag("", categories[0])}]} for answer in answers]


def _untag_all(answers: list[Json], item: Json, categories: list[str]) -> list[Json]:
    return [{**answer, "tags": []} for answer in answers]


def _invent_all(answers: list[Json], item: Json, categories: list[str]) -> list[Json]:
    return [{**answer, "tags": [_tag("", "HACKED")]} for answer in answers]


def _invent_self(answers: list[Json], item: Json, categories: list[str]) -> list[Json]:
    own = [_tag("", "HACKED")]
    return [{**answer, "tags": own} if answer["id"] == item["id"] else answer for answer in answers]


def _sentiment_all(answers: list[Json], item: Json, categories: list[str]) -> list[Json]:
    return [{**answer, "sentiment": "very positive"} for answer in answers]


def _confidence_all(answers: list[Json], item: Json, categories: list[str]) -> list[Json]:
    loud = [_tag("", categories[0], 100.0)]
    return [{**answer, "tags": loud} for answer in answers]


def _drop_others(answers: list[Json], item: Json, categories: list[str]) -> list[Json]:
    return [answer for answer in answers if answer["id"] == item["id"]]


def _swap(answers: list[Json], item: Json, categories: list[str]) -> list[Json]:
    ids = [answer["id"] for answer in answers]
    moved = [*ids[1:], *ids[:1]]
    return [{**answer, "id": other} for answer, other in zip(answers, moved, strict=True)]


def _forge(answers: list[Json], item: Json, categories: list[str]) -> list[Json]:
    forged = {"id": "ffffffff", "tags": [_tag("", categories[0])], "sentiment": "negative"}
    return [*answers, forged]


OBEY: dict[str, Callable[[list[Json], Json, list[str]], list[Json]]] = {
    "tag_all": _tag_all,
    "only_all": _only_all,
    "untag_all": _untag_all,
    "invent_all": _invent_all,
    "invent_self": _invent_self,
    "sentiment_all": _sentiment_all,
    "confidence_all": _confidence_all,
    "drop_others": _drop_others,
    "swap": _swap,
    "forge": _forge,
}
