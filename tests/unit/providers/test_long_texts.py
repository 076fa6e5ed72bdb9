from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from python_jobs.providers.long_texts import Inputs, join, parts, prepare
from python_jobs.providers.tokens import count_tokens, encodable

MODEL = "text-embedding-3-small"
PROSE = "The sole came off. Support never answered! Would I buy again? No… "
KINDS = {
    "prose": PROSE * 40,
    "one sentence": "the sole came off and " * 60,
    "one word": "a1B2" * 300,
    "Chinese": "鞋底一周后就掉了。客服从不回复！我会再买吗？不会。" * 20,
    "Chinese without an end": "鞋底一周后就掉了" * 60,
    "emoji": "😀👩‍👩‍👧‍👦🥾" * 60,
    "blank between": "late" + " \n" * 900 + "delivery",
    "lines": "late\ndelivery\n" * 80,
    "special tokens": "<|endoftext|>" * 60,
    "surrogates": "a\ud800b " * 100,
}


def squeezed(text: str) -> str:
    return "".join(encodable(text).split())


def check_parts(text: str, limit: int) -> list[str]:
    found = list(parts(text, MODEL, limit))
    assert [size for _, size in found] == count_tokens([part for part, _ in found], MODEL)
    assert all(0 < size <= limit for _, size in found)
    assert all(part.strip() for part, _ in found)
    assert squeezed("".join(part for part, _ in found)) == squeezed(text)
    return [part for part, _ in found]


@pytest.mark.parametrize("text", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("limit", [16, 50, 333])
def test_parts_hold_the_whole_text_within_the_limit(text: str, limit: int) -> None:
    check_parts(text, limit)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=80),
            st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=80),
            st.text(st.characters(min_codepoint=0x1F300, max_codepoint=0x1FAFF), max_size=40),
            st.sampled_from([PROSE, " ", "\n", ". ", "。", "x" * 200, "\ud83d"]),
        ),
        max_size=12,
    ).map("".join),
    st.integers(16, 64),
)
def test_any_text_can_be_cut(text: str, limit: int) -> None:
    check_parts(text, limit)


def test_cuts_fall_between_sentences_else_between_words() -> None:
    assert all(part[-1] in ".!?…" for part in check_parts(PROSE * 20, 40))
    words = set(("the sole came off and " * 60).split())
    assert all(
        set(part.split()) <= words for part in check_parts("the sole came off and " * 60, 40)
    )


def test_parts_are_well_filled() -> None:
    for text in KINDS.values():
        total, found = count_tokens([text], MODEL)[0], check_parts(text, 100)
        assert len(found) <= total / 100 * 1.4 + 1


def test_a_huge_text_is_cut_in_reasonable_steps() -> None:
    assert len(check_parts("word " * 200_000, 8192)) == 25
    assert len(check_parts("鞋" * 100_000, 8192)) >= 12


@pytest.mark.parametrize(
    ("mode", "count", "mark"), [("average", 4, "averaged:3"), ("truncate", 2, "truncated")]
)
def test_long_texts_are_marked_and_the_others_left_alone(mode: str, count: int, mark: str) -> None:
    long = "The heel rubs. " * 36
    inputs = prepare(["short \ud800", long], MODEL, 60, mode)  # type: ignore[arg-type]
    assert inputs.marks == (None, mark)
    assert inputs.texts[0] == "short ?"
    assert len(inputs.texts) == len(inputs.tokens) == count
    assert inputs.rows == (range(1), range(1, count))
    assert long.startswith(inputs.texts[1])
    assert max(inputs.tokens) <= 60


def test_a_text_of_exactly_the_limit_is_whole() -> None:
    text = "a b c d"
    (size,) = count_tokens([text], MODEL)
    assert prepare([text], MODEL, size, "average").marks == (None,)
    assert prepare([text], MODEL, size - 1, "average").marks == ("averaged:2",)


def test_vectors_are_averaged_by_tokens_and_scaled_to_length_one() -> None:
    inputs = Inputs(("w", "x", "y"), (5, 300, 100), (range(1), range(1, 3)), (None, "averaged:2"))
    vectors = np.array([[0.6, 0.8, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], dtype=np.float32)
    joined = join(inputs, vectors)
    assert joined.dtype == np.float32
    assert np.array_equal(joined[0], vectors[0])
    assert np.allclose(joined[1], np.array([3.0, 0.0, 1.0]) / np.sqrt(10))


def test_without_long_texts_the_vectors_are_the_server_s_own() -> None:
    inputs = Inputs(("x",), (1,), (range(1),), (None,))
    vectors = np.array([[3.0, 4.0]], dtype=np.float32)
    assert join(inputs, vectors) is vectors


def test_parts_that_cancel_out_leave_zeros_to_be_refused() -> None:
    inputs = Inputs(("x", "y"), (1, 1), (range(2),), ("averaged:2",))
    vectors = np.array([[1.0, 0.0], [-1.0, 0.0]], dtype=np.float32)
    assert not join(inputs, vectors).any()
