"""Personal data and secrets go, everything else stays to the letter, and twice is once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from python_jobs.errors import UsageError
from python_jobs.redaction import DEFAULT, PATTERNS, REDACTED, Redacted, redact
from tests.unit.redaction.planted import HARD_NEGATIVES, PERSONAL, SECRETS, Planted

PIECES = [
    *(planted.sensitive for planted in (*SECRETS, *PERSONAL)),
    *(pattern.token for pattern in PATTERNS.values()),
    *"0123456789 +-./()@:#=,\"'\n\u200b\u00a0\0",
    *(
        "password: ",
        "PIN ",
        "order no ",
        "phone ",
        "https://a.example/",
        " at ",
        " dot ",
        "de",
        "é",
    ),
    *("０", "＠", "4111", "06 12", "DE89", "?token=", "eyJ", "-----BEGIN PRIVATE KEY-----"),
]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=25).map("".join))


def test_there_are_as_many_as_promised() -> None:
    assert (len(SECRETS), len(PERSONAL), len(HARD_NEGATIVES)) == (50, 50, 60)
    for planted in (SECRETS, PERSONAL):
        assert len({each.sensitive for each in planted}) == 50
        assert all(each.text.count(each.sensitive) == 1 for each in planted)
    assert {each.pattern for each in (*SECRETS, *PERSONAL)} == DEFAULT


@pytest.mark.parametrize("planted", [*SECRETS, *PERSONAL], ids=lambda planted: planted.text[:40])
def test_what_is_planted_goes_and_nothing_else(planted: Planted) -> None:
    before, after = planted.text.split(planted.sensitive)
    found = redact(planted.text)
    assert found.text == before + PATTERNS[planted.pattern].token + after
    assert found.counts == {planted.pattern: 1}


@pytest.mark.parametrize("text", HARD_NEGATIVES)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert redact(text) == Redacted(text, {})


def test_several_in_a_text_are_counted_by_pattern() -> None:
    text = "anna@example.com or ben@example.com, phone +44 20 7946 0958. Order FG-789130."
    assert redact(text) == Redacted(
        "[EMAIL] or [EMAIL], phone [PHONE]. Order FG-789130.", {"email": 2, "phone": 1}
    )


def test_nothing_of_the_text_is_shown_or_kept() -> None:
    found = redact("password: hunter2 of Anna")
    assert repr(found) == "Redacted(counts={'secret': 1})"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("password: anna@example.com", "password: [SECRET]", id="same-span-specific"),
        pytest.param(
            "https://x.example/?email=anna@example.com&token=1", "[URL]", id="link-around-address"
        ),
        pytest.param("password: +442079460958xyz", "password: [SECRET]", id="longer-wins"),
        pytest.param("pw: 030 1234567", "pw: [PHONE]", id="partial-overlap-goes-as-a-whole"),
    ],
)
def test_overlaps(text: str, expected: str) -> None:
    assert redact(text).text == expected


def test_tokens_stay_and_are_not_counted() -> None:
    text = "password: [SECRET], mail [EMAIL], [PHONE] [CARD] [IBAN] [ID] [URL] [IP] [REDACTED]"
    assert redact(text, PATTERNS) == Redacted(text, {})


def test_what_stands_behind_a_token_goes_too() -> None:
    assert redact("password: [ID]hunter2").text == "password: [SECRET]"


def test_invisible_characters_outside_stay() -> None:
    assert redact("a\u200bb anna\u200b@example.com\u200b c").text == "a\u200bb [EMAIL]\u200b c"


def test_a_text_that_keeps_uncovering_more_goes_as_a_whole() -> None:
    text = "password: '" * 1_000
    assert redact(text).text == REDACTED


def test_only_what_is_chosen_goes() -> None:
    text = "anna@example.com, +44 20 7946 0958, https://x.example/a"
    assert redact(text, {"phone"}).text == "anna@example.com, [PHONE], https://x.example/a"
    assert redact(text, {"url"}).text == "anna@example.com, +44 20 7946 0958, [URL]"
    assert redact(text, ()) == Redacted(text, {})


def test_an_unknown_pattern_is_named() -> None:
    with pytest.raises(UsageError, match="no pattern 'emial'"):
        redact("x", {"emial"})


@given(TEXTS, st.sampled_from([DEFAULT, frozenset(PATTERNS)]))
@settings(deadline=None, max_examples=400)
def test_twice_is_once_and_the_length_is_bounded(text: str, patterns: frozenset[str]) -> None:
    once = redact(text, patterns)
    again = redact(once.text, patterns)
    assert again == Redacted(once.text, {})
    assert len(once.text) <= 2 * len(text) + len(REDACTED)
    assert (once.text == text) == (not once.counts)


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=200))
@settings(deadline=None)
def test_any_string_is_accepted(text: str) -> None:
    redact(text, PATTERNS)


@given(st.text(st.characters(categories=["Lu", "Ll", "Lo"]), max_size=8), st.sampled_from(PERSONAL))
@settings(deadline=None)
def test_words_around_change_nothing(word: str, planted: Planted) -> None:
    text = f"{word}. {planted.text} {word}"
    assert planted.sensitive not in redact(text).text
