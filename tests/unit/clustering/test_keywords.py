from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from python_jobs.clustering.keywords import keywords, tree_keywords, words
from python_jobs.clustering.stopwords import ENGLISH, FRENCH, GERMAN, STOP_WORDS
from python_jobs.clustering.tree import Cluster, ClusterParameters, ClusterTree

SIZE = [
    "The boots run small, order a size up",
    "Too small! I had to order a size up.",
    "size up, they run small",
    "Sizes are off: small",
]
DELIVERY = [
    "Delivery took three weeks",
    "the delivery was late and the parcel damaged",
    "Late delivery, again",
    "My parcel arrived late",
]


def terms(texts: list[str], groups: list[str], group: str, top: int = 5) -> list[str]:
    return [keyword.term for keyword in keywords(texts, groups, top)[group]]


def test_groups_are_told_apart() -> None:
    groups = ["root.0"] * 4 + ["root.1"] * 4
    assert set(terms(SIZE + DELIVERY, groups, "root.0", 3)) == {"small", "size", "order"}
    assert terms(SIZE + DELIVERY, groups, "root.1", 3) == ["delivery", "late", "parcel"]


@pytest.mark.parametrize(
    ("texts", "first"),
    [
        (["Die Sohle löst sich nach zwei Wochen", "Sohle hat sich gelöst", "Sohlen lösen sich!"],
         "sohle"),
        (["Größe fällt zu klein aus", "Die Größe stimmt nicht", "Falsche Größe geliefert"],
         "größe"),
        (["L’application plante souvent", "l'application ne s'ouvre plus",
          "J'ai supprimé l'application"], "application"),
        (["La livraison est arrivée en retard", "Livraison très lente", "livraison décevante"],
         "livraison"),
        (["Qu'est-ce que c'est que cette qualité ?", "qualité médiocre", "La qualité d'avant"],
         "qualité"),
    ],
)  # fmt: skip
def test_german_and_french_are_read(texts: list[str], first: str) -> None:
    other = ["boots fit well", "boots are warm"]
    found = terms(texts + other, ["a"] * len(texts) + ["b"] * 2, "a")
    assert found[0] == first
    assert not set(found) & STOP_WORDS


def test_scores_fall_and_ties_are_alphabetical() -> None:
    found = keywords(["zebra apple mango", "kiwi"], ["a", "b"])["a"]
    assert [keyword.score for keyword in found] == sorted((k.score for k in found), reverse=True)
    assert [k.term for k in found] == ["apple", "mango", "zebra"]
    assert all(keyword.score > 0 for keyword in found)


def test_the_formula_is_class_based_tf_idf() -> None:
    found = keywords(["red", "red", "blue", "red"], ["a", "a", "a", "b"])["a"]
    average = (3 + 1) / 2
    assert {k.term: pytest.approx(k.score) for k in found} == {
        "red": 2 / 3 * np.log(1 + average / 3),
        "blue": 1 / 3 * np.log(1 + average / 1),
    }


def test_a_pair_replaces_the_words_that_mostly_occur_in_it() -> None:
    texts = ["customer service hung up", "rude customer service", "the customer service line"]
    found = terms([*texts, "zip broke"], ["a"] * 3 + ["b"], "a")
    assert found[0] == "customer service"
    assert "customer" not in found
    assert "service" not in found


def test_plural_forms_are_said_once() -> None:
    texts = ["lace broke", "laces broke", "laces", "lace", "delivery deliveries", "delivery"]
    found = terms(texts, ["a"] * 6, "a", 10)
    assert len({"lace", "laces"} & set(found)) == 1
    assert len({"delivery", "deliveries"} & set(found)) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("great hat for the car", ["great", "hat", "car"]),
        ("Das hat mir nicht gefallen", ["gefallen"]),
        ("très satisfait car son confort est parfait", ["satisfait", "confort", "parfait"]),
        ("my son tried them", ["son", "tried"]),
    ],
)
def test_words_that_are_things_in_english_depend_on_the_language(
    text: str, expected: list[str]
) -> None:
    assert [word for word in words(text) if word] == expected


def test_short_words_are_not_taken_for_plurals() -> None:
    assert {"car", "care"} <= set(terms(["car", "car", "care", "care"], ["a"] * 4, "a"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("order #12345 on 2024-05-01 for 49,90 €", ["order"]),
        ("see https://shop.example/x?y=zip or www.example.org/zip now", []),
        ("mail me: jane.doe@example.org please", ["mail"]),
        ("ref AB12-CD34 zip", ["ref", "zip"]),
        ("<b>bold</b> &amp; <script>alert(1)</script>", ["bold", "alert"]),
        ("&lt;img src=x onerror=y&gt; zip", ["zip"]),
        ("THE BOOT'S SOLE", ["boot", "sole"]),
        ("I didn’t, couldn't, won´t", []),
        ("snake_case ½ ² x", []),
        ("follow-up call", ["follow-up", "call"]),
        ("\x00\u202e zip \ufeff", ["zip"]),
        ("", []),
        ("😀😀", []),
    ],
)
def test_words_are_content_words(text: str, expected: list[str]) -> None:
    assert [word for word in words(text) if word] == expected


def test_composed_and_decomposed_letters_are_one_word() -> None:
    texts = [unicodedata.normalize(form, "Größe") for form in ("NFC", "NFD")]
    (only,) = keywords(texts, ["a", "a"])["a"]
    assert only.term == "größe"


def test_pairs_do_not_cross_stop_words_or_sentences() -> None:
    found = terms(["zip broke. Seam ripped", "zip of seam"], ["a", "a"], "a", 20)
    assert not {"broke seam", "zip seam"} & set(found)
    assert all(term.count(" ") <= 1 for term in found)


def test_groups_without_content_are_empty() -> None:
    assert keywords([], []) == {}
    assert keywords(["the and 123", "", "zip"], ["a", "b", "c"])["a"] == []
    assert keywords(["", ""], ["a", "a"]) == {"a": []}


def test_one_long_text_does_not_name_its_group() -> None:
    shouting = "spam eggs " * 2_000
    assert len(shouting) == 20_000
    assert terms([shouting, "zip", "zip", "zip"], ["a"] * 4, "a")[0] == "zip"


@pytest.mark.parametrize("hostile", ["<" * 20_000, "a@" * 10_000, "'" * 20_000, "a-" * 10_000,
                                     "<script" * 3_000, "&lt;" * 5_000, "x" * 20_000])  # fmt: skip
def test_hostile_texts_end(hostile: str) -> None:
    assert isinstance(keywords([hostile], ["a"])["a"], list)


def test_weights_count_like_repeated_texts() -> None:
    texts, groups = ["zip broke", "seam ripped", "sole"], ["a", "a", "b"]
    weighted = keywords(texts, groups, weights=[3, 1, 2])
    assert weighted == keywords([texts[0]] * 3 + [texts[1]] + [texts[2]] * 2, list("aaaabb"))


def test_rare_terms_are_left_out_of_large_sets() -> None:
    texts = ["zip"] * 2_000 + ["onlyonce"]
    assert terms(texts, ["a"] * 2_001, "a") == ["zip"]


def test_every_cluster_is_contrasted_with_its_siblings() -> None:
    texts = ["boots small", "boots small", "boots leak", "boots leak", "parcel late", "hm"]
    labels = ["root.0.0", "root.0.0", "root.0.1", "root.0.1", "root.1", "root.noise"]
    nodes = [("root.0", 4), ("root.0.0", 2), ("root.0.1", 2), ("root.1", 1), ("root.noise", 1)]
    tree = ClusterTree(
        clusters=tuple(
            Cluster(
                path=path,
                parent_path=path.rpartition(".")[0],
                depth=path.count("."),
                size=size,
                count_members=size,
                is_noise=path.endswith("noise"),
                is_leaf=path != "root.0",
                persistence=None,
                medoid=None,
            )
            for path, size in nodes
        ),
        labels=np.array(labels, dtype=object),
        probabilities=np.zeros(6, np.float32),
        noise_score=np.zeros(6, np.float32),
        coordinates=np.zeros((6, 2), np.float32),
        parameters=ClusterParameters(),
        effective={},
        versions={},
    )
    found = tree_keywords(tree, texts, top=1)
    assert {path: [k.term for k in kept] for path, kept in found.items()} == {
        "root.0": ["boots"],
        "root.0.0": ["boots small"],
        "root.0.1": ["boots leak"],
        "root.1": ["late"],
        "root.noise": ["hm"],
    }
    ones = tree_keywords(tree, texts, top=1, weights=np.ones(6, int))
    assert ones == found


def test_stop_words_are_plain_lower_case_words() -> None:
    for text in (ENGLISH, GERMAN, FRENCH):
        listed = text.split()
        assert len(listed) > 100
        assert all(word == word.lower() for word in listed)
        assert "’" not in text
