from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from python_jobs.providers.base import ClusterEvidence
from python_jobs.providers.local.namer import LocalNamer, telling
from python_jobs.providers.naming import distinct

WORDS = st.lists(
    st.sampled_from(["boot", "Boots", "late delivery", "sole", " ", "the"]), max_size=4
)


@given(st.lists(st.tuples(st.text(max_size=5), WORDS), max_size=8), st.lists(st.text(max_size=5)))
def test_distinct_names_are_distinct(given: list[tuple[str, list[str]]], taken: list[str]) -> None:
    evidence = [ClusterEvidence(f"root.{i}", 1, tuple(words)) for i, (_, words) in enumerate(given)]
    names = distinct([name for name, _ in given], evidence, taken)
    folded = [" ".join(name.casefold().split()) for name in names]
    assert len(set(folded)) == len(given)
    assert not set(folded) & {" ".join(name.casefold().split()) for name in taken}


@given(st.lists(st.tuples(WORDS, st.lists(st.text(), max_size=2)), max_size=8))
def test_local_names_are_distinct_and_short_whatever_the_evidence(
    given: list[tuple[list[str], list[str]]],
) -> None:
    evidence = [
        ClusterEvidence(f"root.{i}", 1, tuple(words), tuple(texts))
        for i, (words, texts) in enumerate(given)
    ]
    answer = LocalNamer().name_siblings(evidence, taken=["Boot"])
    assert [each.path for each in answer.names] == [each.path for each in evidence]
    assert len({each.name.casefold() for each in answer.names} | {"boot"}) == len(given) + 1
    assert all(each.name.strip() and each.summary.strip() for each in answer.names)
    assert answer == LocalNamer().name_siblings(evidence, taken=["Boot"])
    assert answer.usage.requests == 0


def test_keywords_that_add_nothing_are_left_out() -> None:
    words = ["delivery", "late delivery", "late", "the", "parcels", "parcel", "courier", "van"]
    assert telling(words, 3) == ["late delivery", "parcels", "courier"]


def named(*keywords: str, exemplars: tuple[str, ...] = ()) -> tuple[str, str]:
    (only,) = LocalNamer().name_siblings([ClusterEvidence("root.0", 5, keywords, exemplars)]).names
    return only.name, only.summary


def test_a_name_reads_like_one() -> None:
    assert named("late delivery", "courier")[0] == "Late delivery · courier"
    assert named("sohle löst", "kleber")[0] == "Sohle löst · kleber"


def test_without_keywords_the_medoid_speaks() -> None:
    assert named(exemplars=("And the zipper broke on day one, sadly",))[0] == (
        "Zipper broke on day one"
    )
    assert named(exemplars=("👍", "Je suis déçu"))[0] == "Déçu"
    assert named()[0] == "Feedback"


def test_a_summary_quotes_the_medoid_to_the_letter_up_to_a_words_end() -> None:
    medoid = "The courier left it in the rain. " * 20
    summary = named("courier", "rain", exemplars=(medoid, "another"))[1]
    quote = summary.split("“")[1].split("”")[0]
    assert quote.endswith("…")
    assert len(quote) <= 160
    assert medoid.startswith(quote.removesuffix("…"))
    assert summary.endswith("Frequent words: courier, rain.")
