"""An edit of the taxonomy costs a reading of the texts that it can concern, and no others."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import numpy as np
import pytest

from python_jobs.errors import ConfigurationError, IncompleteError
from python_jobs.jobs import nearness
from python_jobs.jobs.embed import embed
from python_jobs.jobs.pending import Selection
from python_jobs.jobs.tag import tag
from python_jobs.logs import logger
from python_jobs.providers.errors import QuotaExhausted
from python_jobs.providers.openai.tagger import OpenAITagger
from tests.fakes import faults
from tests.fakes.injections import INJECTIONS
from tests.fakes.obedient import Obedient
from tests.fakes.openai_answers import embed as fake_vector
from tests.fakes.openai_server import FakeOpenAI
from tests.integration.jobs.conftest import TEXTS, query, with_openai

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.settings import Settings

SELECTION = Selection(batch_size=20, workers=2)
TOPICS = ("sole", "delivery", "size", "app", "praise")
ORDINARY = {text.lower() for _, _, text in TEXTS}
UNTAGGED = {"nothing to add", "the poisonous one"}


@pytest.fixture
def model() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as running:
        running.overrides["/chat/completions"] = Obedient()
        yield running


@pytest.fixture
def openai(staged: Settings, model: FakeOpenAI, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A taxonomy of one category a topic; every text but two has exactly one of them."""
    monkeypatch.setattr(nearness, "NEAREST", 1)
    query(staged, "delete from staging.tag_categories")
    for topic in TOPICS:
        add_category(staged, topic)
    return with_openai(staged, model)


@pytest.fixture
def tagged(openai: Settings) -> Settings:
    """The same, with every text embedded and tagged."""
    embed(openai, SELECTION)
    assert tag(openai, SELECTION).done == len(ORDINARY)
    return openai


def add_category(settings: Settings, name: str, description: str | None = None) -> None:
    query(
        settings,
        "insert into staging.tag_categories (category, description, examples, parent, active) "
        f"values ('{name}', '{description or f'All about {name}.'}', '', '', 'true')",
    )


def edit(settings: Settings, name: str, description: str) -> None:
    change = f"set description = '{description}' where category = '{name}'"
    query(settings, f"update staging.tag_categories {change}")


def pending(settings: Settings) -> set[str]:
    return {
        text.lower() for (text,) in query(settings, "select feedback_text from marts.pending_tags")
    }


def read_by(model: FakeOpenAI) -> set[str]:
    """The texts that tagging requests have held since the last time."""
    texts = {
        item["text"].lower()
        for request in model.requests
        if request.path == "/chat/completions"
        for item in json.loads(request.body["messages"][-1]["content"])
    }
    model.requests.clear()
    return texts


def about(topic: str) -> set[str]:
    return {text for text in ORDINARY if topic in text.split()}


def nearest_to(name: str, descriptions: dict[str, str]) -> set[str]:
    """Texts to which the category is the nearest, worked out from the fake server's vectors."""
    names = list(descriptions)
    own = np.stack([fake_vector(f"{each}: {descriptions[each]}", 1536) for each in names])
    texts = sorted(ORDINARY)
    scores = np.stack([fake_vector(text, 1536) for text in texts]) @ own.T
    return {text for text, row in zip(texts, scores, strict=True) if names[row.argmax()] == name}


def tags(settings: Settings) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for content_hash, category in query(
        settings, "select content_hash, category from customer_insights.feedback_tags"
    ):
        found.setdefault(content_hash, set()).add(category)
    return found


def test_every_tag_has_its_rationale_and_every_category_its_hash(tagged: Settings) -> None:
    rows = query(
        tagged,
        "select tags.category, tags.rationale, feedback.canonical_text "
        "from customer_insights.feedback_tags tags "
        "join intermediate.int_feedback__deduplicated feedback using (content_hash)",
    )
    assert len(rows) == len(ORDINARY - UNTAGGED)
    assert all(rationale in text for _, rationale, text in rows)
    hashes = query(tagged, "select category, category_hash from marts.tagging_taxonomy")
    assert {category for category, _ in hashes} == set(TOPICS)
    assert len({found for _, found in hashes}) == len(TOPICS)
    recorded = "select category, category_hash from customer_insights.tagged_taxonomies"
    assert sorted(query(tagged, recorded)) == sorted(hashes)


def test_an_edit_concerns_what_is_tagged_with_it_untagged_or_near(
    tagged: Settings,
    model: FakeOpenAI,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logger, "propagate", True)
    before = tags(tagged)
    times = dict(
        query(tagged, "select content_hash, tagged_at from customer_insights.tagged_items")
    )
    model.requests.clear()
    description = "The sole is loose and too narrow for my feet."
    edit(tagged, "delivery", description)
    # dbt says what the tags tell as soon as the seed has changed, before any job
    assert pending(tagged) == about("delivery") | UNTAGGED

    with caplog.at_level(logging.INFO, logger="insights"):
        tally = tag(tagged, SELECTION)
    descriptions = {topic: f"All about {topic}." for topic in TOPICS} | {"delivery": description}
    expected = about("delivery") | UNTAGGED | nearest_to("delivery", descriptions)
    assert len(about("delivery") | UNTAGGED) < len(expected) < len(ORDINARY)
    assert read_by(model) == expected
    assert tally.done == len(expected)
    kept = len(ORDINARY) - len(expected)
    assert (
        f"1 category changed: {len(expected)} of {len(ORDINARY)} texts are read again, "
        f"{kept} keep their tags"
    ) in caplog.messages
    assert pending(tagged) == set()
    assert tags(tagged) == before
    now = query(
        tagged, "select content_hash, tagged_at, taxonomy_hash from customer_insights.tagged_items"
    )
    assert len({taxonomy_hash for _, _, taxonomy_hash in now}) == 1
    assert sum(times[content_hash] == at for content_hash, at, _ in now) == kept
    assert tag(tagged, SELECTION).pending == 0


def test_an_edit_that_is_taken_back_costs_nothing(tagged: Settings, model: FakeOpenAI) -> None:
    model.requests.clear()
    edit(tagged, "delivery", "Something else.")
    edit(tagged, "delivery", "All about delivery.")
    assert pending(tagged) == set()
    assert tag(tagged, SELECTION).requests == 0
    assert model.count() == 0


def test_a_removed_category_concerns_its_own_texts_and_its_tags_go_at_once(
    tagged: Settings, model: FakeOpenAI
) -> None:
    model.requests.clear()
    query(tagged, "update staging.tag_categories set active = 'false' where category = 'size'")
    assert pending(tagged) == about("size")
    model.script(faults.quota_exhausted())
    with pytest.raises(QuotaExhausted):
        tag(tagged, SELECTION)
    left = {category for found in tags(tagged).values() for category in found}
    assert left == set(TOPICS) - {"size"}
    assert pending(tagged) == about("size")
    model.requests.clear()
    assert tag(tagged, SELECTION).done == len(about("size"))
    assert read_by(model) == about("size")


def test_a_new_category_concerns_untagged_and_near_texts_and_those_of_its_parent(
    tagged: Settings, model: FakeOpenAI
) -> None:
    model.requests.clear()
    add_category(tagged, "courier", "The courier and the rain.")
    descriptions = {topic: f"All about {topic}." for topic in TOPICS}
    descriptions["courier"] = "The courier and the rain."
    expected = UNTAGGED | nearest_to("courier", descriptions)
    assert pending(tagged) == UNTAGGED
    tag(tagged, SELECTION)
    assert read_by(model) == expected
    query(
        tagged,
        "insert into staging.tag_categories (category, description, examples, parent, active) "
        "values ('laces', 'Shoelaces.', '', 'sole', 'true')",
    )
    assert pending(tagged) >= about("sole") | UNTAGGED


def test_conclusions_outlive_a_run_that_is_cut_off(tagged: Settings, model: FakeOpenAI) -> None:
    model.requests.clear()
    edit(tagged, "delivery", "The courier and the rain.")
    tag(tagged, Selection(limit=3, batch_size=1, workers=1))
    first = read_by(model)
    assert len(first) == 3
    rest = pending(tagged)
    assert rest.isdisjoint(first)
    assert tag(tagged, SELECTION).done == len(rest)
    assert read_by(model) == rest


def test_a_second_edit_before_the_first_was_dealt_with(tagged: Settings, model: FakeOpenAI) -> None:
    edit(tagged, "delivery", "The courier and the rain.")
    tag(tagged, Selection(limit=1, batch_size=1, workers=1))
    model.requests.clear()
    edit(tagged, "praise", "Love and greatness.")
    assert pending(tagged) >= about("praise") | UNTAGGED
    tag(tagged, SELECTION)
    assert read_by(model) >= about("praise") | UNTAGGED
    assert pending(tagged) == set()


def test_without_vectors_every_text_may_be_near(openai: Settings, model: FakeOpenAI) -> None:
    tag(openai, SELECTION)
    edit(openai, "delivery", "Something new.")
    assert tag(openai, SELECTION).done == len(ORDINARY)
    edit(openai, "delivery", "Something newer.")
    query(openai, "update staging.tag_categories set active = 'false' where category = 'app'")
    assert tag(openai, SELECTION).done == len(ORDINARY)
    query(openai, "update staging.tag_categories set active = 'false' where category = 'praise'")
    # nothing that could attract a text: only those that lose a tag are concerned
    assert tag(openai, SELECTION).done == len(about("praise"))


def test_a_full_retag_reads_everything_once(tagged: Settings, model: FakeOpenAI) -> None:
    model.requests.clear()
    tag(tagged, Selection(limit=4, batch_size=2, workers=1), full_retag=True)
    assert len(pending(tagged)) == len(ORDINARY) - 4
    tag(tagged, SELECTION)
    assert read_by(model) == ORDINARY
    assert pending(tagged) == set()


def test_another_prompt_makes_everything_pending(
    tagged: Settings, model: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.requests.clear()
    monkeypatch.setattr(OpenAITagger, "prompt_hash", "another")
    assert tag(tagged, SELECTION).done == len(ORDINARY)
    assert read_by(model) == ORDINARY


def test_an_edit_while_texts_are_read_ends_the_job_and_loses_nothing(
    openai: Settings, model: FakeOpenAI
) -> None:
    honest = Obedient()

    def edited_meanwhile(body: dict[str, object]) -> dict[str, object]:
        edit(openai, "delivery", "Edited while the job ran.")
        return honest(body)

    model.overrides["/chat/completions"] = edited_meanwhile
    with pytest.raises(ConfigurationError, match="edited while texts were being read"):
        tag(openai, Selection(batch_size=1, workers=1))
    done = query(openai, "select count(*) from customer_insights.tagged_items")[0][0]
    assert 0 < done < len(ORDINARY)
    model.overrides["/chat/completions"] = honest
    tag(openai, SELECTION)
    assert pending(openai) == set()


def test_a_category_without_a_description_is_said_before_any_call(
    openai: Settings, model: FakeOpenAI
) -> None:
    edit(openai, "app", " ")
    with pytest.raises(ConfigurationError, match="'app' has no description") as caught:
        tag(openai, SELECTION)
    assert "tag_categories.csv" in str(caught.value.hint)
    assert model.count() == 0


@pytest.mark.slow
def test_injections_change_no_other_items_tags(openai: Settings, model: FakeOpenAI) -> None:
    tag(openai, SELECTION)
    undisturbed = tags(openai)
    hostile = [each.text.replace("'", "''") for each in INJECTIONS]
    values = ", ".join(
        f"('hostile-{number}', 'hostile-{number}', 'hostile-{number}', '{text}', '2026-06-15')"
        for number, text in enumerate(hostile)
    )
    query(
        openai,
        "insert into intermediate.int_feedback__deduplicated (feedback_id, canonical_feedback_id, "
        f"content_hash, canonical_text, created_at) values {values}",
    )
    obedient = model.overrides["/chat/completions"] = Obedient(INJECTIONS)
    assert isinstance(obedient, Obedient)
    with pytest.raises(IncompleteError):  # those that insist on a category that does not exist
        tag(openai, Selection(batch_size=20, workers=32), full_retag=True)
    assert obedient.orders >= len(INJECTIONS)
    found = tags(openai)
    assert {key: found[key] for key in undisturbed} == undisturbed
    assert {category for each in found.values() for category in each} <= set(TOPICS)
    dead = query(openai, "select content_hash, reason from customer_insights.dead_letters")
    assert dead
    assert all(content_hash.startswith("hostile-") for content_hash, _ in dead)
    written = {reason for _, reason in dead}
    assert not any(each.text[:20] in reason for each in INJECTIONS for reason in written)
