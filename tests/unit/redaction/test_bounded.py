"""No expression can run away: read off its parts, and shown on hostile texts."""

from __future__ import annotations

import importlib
import pkgutil
import random
import re
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

import pytest

import python_jobs.redaction
from python_jobs.redaction import PATTERNS, redact

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTH = 20_000
MOST_WAYS = 100_000
REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)


def expressions() -> dict[str, re.Pattern[str]]:
    found: dict[str, re.Pattern[str]] = {}

    def collect(name: str, value: object) -> None:
        if isinstance(value, re.Pattern):
            found[name] = value
        elif isinstance(value, tuple | list):
            for place, each in enumerate(value):
                collect(f"{name}[{place}]", each)

    for module in pkgutil.iter_modules(python_jobs.redaction.__path__):
        room = importlib.import_module(f"python_jobs.redaction.{module.name}")
        for name, value in vars(room).items():
            collect(f"{module.name}.{name}", value)
    return found


def nullable(items: list[Any], state: Any) -> bool:
    return bool(_parser.SubPattern(state, items).getwidth()[0] == 0)


def runaways(expression: str, flags: int = 0) -> list[str]:
    """Repeats without an end that something may make fail, and too many ways to repeat."""
    tree = _parser.parse(expression, flags)

    def look(items: list[Any], can_fail_after: bool, ways: int) -> Iterator[str]:
        for place, (kind, value) in enumerate(items):
            fails = can_fail_after or not nullable(items[place + 1 :], tree.state)
            if kind in REPEATS:
                _, most, body = value
                endless, possessive = most is _constants.MAXREPEAT, kind is REPEATS[2]
                if endless and (fails or not possessive):
                    yield f"endless {body}"
                inside = ways if possessive or endless else ways * (most + 1)
                if inside > MOST_WAYS:
                    yield f"{inside} ways of {body}"
                yield from look(list(body), fails and not endless, inside)
            elif kind is _constants.SUBPATTERN:
                yield from look(list(value[3]), fails, ways)
            elif kind is _constants.BRANCH:
                for branch in value[1]:
                    yield from look(list(branch), fails, ways)
            elif kind in (_constants.ASSERT, _constants.ASSERT_NOT):
                yield from look(list(value[1]), True, ways)
            elif kind is _constants.ATOMIC_GROUP:
                yield from look(list(value), True, ways)

    return list(look(list(tree), False, 1))


@pytest.mark.parametrize(("name", "expression"), expressions().items(), ids=expressions())
def test_every_expression_is_bounded(name: str, expression: re.Pattern[str]) -> None:
    assert runaways(expression.pattern, expression.flags) == []


def test_every_module_with_patterns_is_looked_at() -> None:
    modules = {name.split(".")[0] for name in expressions()}
    assert modules >= {"cards", "credentials", "cues", "emails", "national_ids", "phones", "urls"}


@pytest.mark.parametrize(
    "bad",
    [
        r"a+b",
        r"(?:a*)*",
        r"a*?$",
        r"a++b",
        r"(?=a++b)",
        r"(?:(?:a{1,99}){1,99}){1,99}b",
        r"(?>a+)b",
    ],
)
def test_the_test_finds_what_is_unbounded(bad: str) -> None:
    assert runaways(bad)


HOSTILE = {
    "letters": "a",
    "digits": "0",
    "single-digits": "1 ",
    "fours": "4111 ",
    "pairs": "01 02 03 04 05 ",
    "brackets": "(0",
    "plus": "+1",
    "at-signs": "a@",
    "domains": "@a.",
    "hyphens": "a-",
    "hidden-addresses": "a (at) b dot ",
    "spoken-addresses": "a at b dot ",
    "links": "http://",
    "www": "www.",
    "paths": "x.y/",
    "parameters": "?a_token",
    "jwt": "eyJaaaaaaaa_",
    "sendgrid": "SG.aaaaaaaaaaaaaaaaaaaa",
    "private-keys": "-----BEGIN PRIVATE KEY-----",
    "dashes": "-",
    "passwords": "password for my ",
    "quotes": 'password "a',
    "cascade": "password: '",
    "cued-digits": "call me on my number 0",
    "order-digits": "order no 0",
    "ibans": "DE8937",
    "colons": "1:",
    "invisible": "\u200b1",
    "tokens": "pw:[EMAIL]",
    "nul": "\0",
}


@pytest.mark.parametrize("seed", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_end_and_are_stable(seed: str) -> None:
    text = (seed * LENGTH)[:LENGTH]
    once = redact(text, PATTERNS).text
    assert redact(once, PATTERNS).text == once


def test_random_texts_of_what_numbers_are_made_of_end_and_are_stable() -> None:
    draw = random.Random(7)
    text = "".join(draw.choices("0123456789 -+.@a:/(", k=LENGTH))
    once = redact(text, PATTERNS).text
    assert redact(once, PATTERNS).text == once
