"""Choices of patterns are read strictly, and have a hash."""

from __future__ import annotations

from dataclasses import replace

import pytest

from python_jobs.errors import UsageError
from python_jobs.redaction import DEFAULT, PATTERNS, parse_patterns, redaction_hash, selection

IDS = frozenset(name for name, pattern in PATTERNS.items() if pattern.token == "[ID]")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("default", DEFAULT),
        ("all", frozenset(PATTERNS)),
        ("none", frozenset()),
        ("email", {"email"}),
        (" Email , PHONE,", {"email", "phone"}),
        ("email,phone,-phone", {"email"}),
        ("-iban", DEFAULT - {"iban"}),
        ("- iban,-card", DEFAULT - {"iban", "card"}),
        ("default,url", DEFAULT | {"url"}),
        ("all,-national_id", frozenset(PATTERNS) - IDS),
        ("national_id", IDS),
        ("email,-email,email", {"email"}),
    ],
)
def test_choices(value: str, expected: frozenset[str]) -> None:
    assert parse_patterns(value) == expected


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        ("emial", "no pattern 'emial'", "did you mean email?"),
        ("-phones", "no pattern 'phones'", "did you mean phone?"),
        ("card,ibans", "no pattern 'ibans'", "did you mean iban?"),
        ("zzz", "no pattern 'zzz'", "known are secret, url_token, email"),
        ("", "no pattern to redact is named", "none alone"),
        (" , ", "no pattern to redact is named", "none alone"),
        ("none,email", "none cannot go with", "none alone"),
        ("all,none", "none cannot go with", "none alone"),
        ("-none", "no pattern 'none'", "known are"),
    ],
)
def test_bad_choices(value: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_patterns(value)
    assert message in raised.value.message
    assert hint in (raised.value.hint or "")


def test_default_leaves_plain_links_and_addresses_of_networks() -> None:
    assert frozenset(PATTERNS) - DEFAULT == {"url", "ip"}


@pytest.mark.parametrize(("name", "pattern"), PATTERNS.items(), ids=PATTERNS)
def test_every_pattern_is_documented(name: str, pattern: selection.Pattern) -> None:
    assert name == pattern.name
    assert pattern.description
    assert pattern.token.startswith("[")
    assert len(pattern.token) <= 8
    assert pattern.version >= 1


def test_hash_says_which_patterns_in_which_version(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = [redaction_hash(names) for names in (DEFAULT, PATTERNS, (), {"email"}, {"phone"})]
    assert len(set(hashes)) == 5
    assert all(len(each) == 64 for each in hashes)
    assert redaction_hash(["email", "phone"]) == redaction_hash(("phone", "email", "email"))
    newer = {**PATTERNS, "email": replace(PATTERNS["email"], version=99)}
    monkeypatch.setattr(selection, "PATTERNS", newer)
    assert redaction_hash({"email"}) != hashes[3]
    assert redaction_hash({"phone"}) == hashes[4]


def test_hash_of_unknown_patterns_is_refused() -> None:
    with pytest.raises(UsageError, match="no pattern 'x'"):
        redaction_hash({"x"})
