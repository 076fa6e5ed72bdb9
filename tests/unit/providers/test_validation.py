from __future__ import annotations

import base64
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_jobs.providers import validation
from python_jobs.providers.base import SENTIMENTS
from python_jobs.providers.errors import InvalidAnswer, WrongDimensions

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False)
VECTOR = st.lists(NUMBERS, min_size=3, max_size=3).filter(any)


def row(index: object, embedding: object) -> dict[str, object]:
    return {"index": index, "embedding": embedding}


def packed(values: list[float]) -> str:
    return base64.b64encode(np.array(values, dtype="<f4").tobytes()).decode()


@given(st.lists(VECTOR, min_size=1, max_size=8), st.randoms(), st.booleans())
def test_vectors_come_back_in_the_order_of_the_texts(
    vectors: list[list[float]], chance: object, as_base64: bool
) -> None:
    rows = [row(i, packed(v) if as_base64 else v) for i, v in enumerate(vectors)]
    chance.shuffle(rows)  # type: ignore[attr-defined]
    result = validation.vectors(rows, len(vectors), 3)
    assert result.dtype == np.float32
    assert np.array_equal(result, np.array(vectors, dtype=np.float32))


@given(JSON, st.integers(1, 3))
def test_no_json_passes_as_vectors_or_breaks_the_check(data: object, count: int) -> None:
    with pytest.raises(InvalidAnswer):
        validation.vectors(data, count, 3)


@given(st.lists(st.fixed_dictionaries({"index": JSON, "embedding": JSON}), max_size=3))
def test_rows_of_any_content_give_good_vectors_or_an_error(rows: list[object]) -> None:
    try:
        result = validation.vectors(rows, len(rows), 1)
    except InvalidAnswer:
        return
    assert result.shape == (len(rows), 1)
    assert np.isfinite(result).all()
    assert (result != 0).all()


GOOD = [1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([row(0, GOOD)], id="short"),
        pytest.param([row(0, GOOD)] * 3, id="long"),
        pytest.param([row(0, GOOD), row(0, GOOD)], id="index twice"),
        pytest.param([row(0, GOOD), row(2, GOOD)], id="index too large"),
        pytest.param([row(0, GOOD), row(-1, GOOD)], id="index negative"),
        pytest.param([row(0, GOOD), row(True, GOOD)], id="index a truth value"),
        pytest.param([row(0, GOOD), row("1", GOOD)], id="index a text"),
        pytest.param([row(0, GOOD), {"embedding": GOOD}], id="no index"),
        pytest.param([row(0, GOOD), row(1, [0.0] * 3)], id="zeros"),
        pytest.param([row(0, GOOD), row(1, [1.0, math.nan, 0.0])], id="nan"),
        pytest.param([row(0, GOOD), row(1, [1.0, math.inf, 0.0])], id="infinite"),
        pytest.param([row(0, GOOD), row(1, [1e39, 0.0, 0.0])], id="too large for float32"),
        pytest.param([row(0, GOOD), row(1, [10**400, 0, 0])], id="too large for anything"),
        pytest.param([row(0, GOOD), row(1, ["1", "0", "0"])], id="numbers as text"),
        pytest.param([row(0, GOOD), row(1, [True, False, False])], id="truth values"),
        pytest.param([row(0, GOOD), row(1, [None, 1.0, 1.0])], id="null"),
        pytest.param([row(0, GOOD), row(1, [[1.0], [1.0], [1.0]])], id="nested"),
        pytest.param([row(0, GOOD), row(1, [[1.0], 1.0, 1.0])], id="ragged"),
        pytest.param([row(0, GOOD), row(1, GOOD[:2])], id="one too narrow"),
        pytest.param([row(0, GOOD), row(1, [])], id="one empty"),
        pytest.param([row(0, GOOD), row(1, "")], id="empty base64"),
        pytest.param([row(0, GOOD), row(1, "AAA=")], id="half a float"),
        pytest.param([row(0, GOOD), row(1, "not base64!")], id="not base64"),
        pytest.param([row(0, GOOD), row(1, packed([math.nan, 1, 1]))], id="nan in base64"),
        pytest.param([row(0, GOOD), None], id="null row"),
        pytest.param({"0": GOOD}, id="object"),
        pytest.param(None, id="nothing"),
    ],
)
def test_vectors_that_must_not_be_stored(rows: object) -> None:
    with pytest.raises(InvalidAnswer) as caught:
        validation.vectors(rows, 2, 3)
    assert caught.value.batch_at_fault


def test_another_width_throughout_is_the_models_fault_not_the_batchs() -> None:
    with pytest.raises(WrongDimensions, match="2 dimensions instead of 3") as caught:
        validation.vectors([row(0, [1.0, 1.0]), row(1, [1.0, 0.5])], 2, 3)
    assert not caught.value.batch_at_fault
    assert "INSIGHTS_EMBEDDING_DIMENSIONS" in str(caught.value.hint)


def answer(item_id: object = "a", tags: object = (), sentiment: object = "neutral") -> object:
    return {"id": item_id, "tags": list(tags), "sentiment": sentiment}  # type: ignore[call-overload]


def tag(category: object = "Delivery", confidence: object = 0.5) -> dict[str, object]:
    return {"category": category, "confidence": confidence}


@given(
    st.dictionaries(
        st.text(),
        st.lists(st.tuples(st.sampled_from("xyz"), st.floats(0, 1)), max_size=4),
        min_size=1,
        max_size=5,
    ),
    st.randoms(),
)
def test_tags_come_back_in_the_order_of_the_items(
    wanted: dict[str, list[tuple[str, float]]], chance: object
) -> None:
    answers = [
        {"id": key, "tags": [tag(*pair) for pair in pairs], "sentiment": "positive"}
        for key, pairs in wanted.items()
    ]
    chance.shuffle(answers)  # type: ignore[attr-defined]
    results = validation.tag_results(answers, list(wanted), "xyz")
    assert [result.item_id for result in results] == list(wanted)
    for result, pairs in zip(results, wanted.values(), strict=True):
        assert {t.category: t.confidence for t in result.tags} == {
            category: max(value for other, value in pairs if other == category)
            for category, _ in pairs
        }
        confidences = [t.confidence for t in result.tags]
        assert confidences == sorted(confidences, reverse=True)


@given(JSON)
def test_no_json_passes_as_tags_or_breaks_the_check(data: object) -> None:
    with pytest.raises(InvalidAnswer):
        validation.tag_results(data, ["a"], {"Delivery"})


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([], id="missing"),
        pytest.param([answer("a")], id="one missing"),
        pytest.param([answer("a"), answer("a")], id="one twice"),
        pytest.param([answer("a"), answer("c")], id="unknown id"),
        pytest.param([answer("a"), answer("b"), answer("c")], id="one too many"),
        pytest.param([answer("a"), answer(None)], id="null id"),
        pytest.param([answer("a"), answer(["b"])], id="list for an id"),
        pytest.param([answer("a"), answer("b", [tag("Hacked")])], id="unknown category"),
        pytest.param([answer("a"), answer("b", [tag("delivery")])], id="category in other case"),
        pytest.param([answer("a"), answer("b", [tag(["Delivery"])])], id="list for a category"),
        pytest.param([answer("a"), answer("b", [tag(confidence=87)])], id="percent"),
        pytest.param([answer("a"), answer("b", [tag(confidence=-0.1)])], id="negative"),
        pytest.param([answer("a"), answer("b", [tag(confidence=math.nan)])], id="nan"),
        pytest.param([answer("a"), answer("b", [tag(confidence=True)])], id="truth value"),
        pytest.param([answer("a"), answer("b", [tag(confidence="0.9")])], id="text"),
        pytest.param([answer("a"), answer("b", [tag(confidence=10**400)])], id="huge"),
        pytest.param([answer("a"), answer("b", sentiment="angry")], id="unknown sentiment"),
        pytest.param([answer("a"), answer("b", sentiment=["neutral"])], id="list for a sentiment"),
        pytest.param([answer("a"), {"id": "b", "sentiment": "neutral"}], id="no tags"),
        pytest.param([answer("a"), "b"], id="not an object"),
    ],
)
def test_tags_that_must_not_be_stored(answers: object) -> None:
    with pytest.raises(InvalidAnswer):
        validation.tag_results(answers, ["a", "b"], {"Delivery"})


def quoting(category: str, rationale: object) -> dict[str, object]:
    return {"category": category, "confidence": 0.5, "rationale": rationale}


def test_a_rationale_is_the_texts_own_words_or_left_out_and_counted() -> None:
    texts = ["The parcel  came\nLATE. Nice boots.", "Too narrow for my feet"]
    tags = [
        quoting("x", "“parcel came late…”"),
        quoting("y", "the customer is unhappy"),
        quoting("z", None),
    ]
    answers = [answer("a", tags), answer("b", [quoting("x", "")])]
    first, second = validation.tag_results(answers, ["a", "b"], "xyz", texts)
    assert {tag.category: tag.rationale for tag in first.tags} == {
        "x": "parcel came LATE",
        "y": None,
        "z": None,
    }
    assert (first.unfounded, second.unfounded) == (1, 0)
    (unchecked,) = validation.tag_results([answer("a", tags)], ["a"], "xyz")
    assert {tag.rationale for tag in unchecked.tags} == {None}


def test_a_rationale_from_another_items_text_gives_mixed_up_answers_away() -> None:
    texts = ["The parcel came late", "Too narrow for my feet"]
    swapped = [
        answer("a", [quoting("x", "Too narrow for my feet")]),
        answer("b", [quoting("x", "parcel came late")]),
    ]
    with pytest.raises(InvalidAnswer, match="mixed up"):
        validation.tag_results(swapped, ["a", "b"], "x", texts)
    # a word or two that both texts could hold proves nothing
    short = [answer("a", [quoting("x", "my feet")]), answer("b", [quoting("x", "too narrow")])]
    results = validation.tag_results(short, ["a", "b"], "x", texts)
    assert [result.unfounded for result in results] == [1, 0]


def test_every_sentiment_passes() -> None:
    for sentiment in SENTIMENTS:
        (result,) = validation.tag_results([answer("a", sentiment=sentiment)], ["a"], {"x"})
        assert result.sentiment == sentiment


@given(JSON)
def test_no_json_passes_as_names_or_breaks_the_check(data: object) -> None:
    with pytest.raises(InvalidAnswer):
        validation.cluster_texts(data, ["root.0"])


@pytest.mark.parametrize(
    ("change", "passes"),
    [
        ({}, True),
        ({"name": "Late\n delivery "}, True),
        ({"name": " "}, False),
        ({"name": "x" * 81}, False),
        ({"name": None}, False),
        ({"summary": ""}, False),
        ({"summary": "long " * 500}, True),
        ({"path": "root.1"}, False),
    ],
)
def test_names(change: dict[str, object], passes: bool) -> None:
    entry = {"path": "root.0", "name": "Late delivery", "summary": "It is late.", **change}
    if not passes:
        with pytest.raises(InvalidAnswer):
            validation.cluster_texts([entry], ["root.0"])
        return
    name, summary = validation.cluster_texts([entry], ["root.0"])["root.0"]
    assert name == "Late delivery"
    assert 0 < len(summary) <= validation.LONGEST_SUMMARY


@pytest.mark.parametrize("text", ["", "Sure!", "[1]", '{"a": 1', "null", "[" * 100_000, None, 3])
def test_what_is_no_json_object(text: object) -> None:
    with pytest.raises(InvalidAnswer):
        validation.json_object(text)


@given(st.text(), st.integers(20, 60))
def test_shortened_text_is_one_line_within_the_limit(text: str, limit: int) -> None:
    short = validation.shorten(text, limit)
    assert len(short) <= limit
    assert short == " ".join(short.split())
    if len(" ".join(text.split())) <= limit:
        assert short == " ".join(text.split())


def test_errors_hold_nothing_of_the_answer() -> None:
    secret = "the customer's own words"
    for data in ([{"id": secret}], {"x": secret}, [answer("a", [tag(secret)])]):
        with pytest.raises(InvalidAnswer) as caught:
            validation.tag_results(json.loads(json.dumps(data)), ["a"], {"Delivery"})
        assert secret not in str(caught.value)
