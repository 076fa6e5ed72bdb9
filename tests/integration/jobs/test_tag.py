from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from python_jobs.errors import ConfigurationError
from python_jobs.jobs.pending import Selection
from python_jobs.jobs.tag import tag
from tests.fakes import faults
from tests.fakes.openai_server import FakeOpenAI
from tests.integration.jobs.conftest import TEXTS, query, with_openai

if TYPE_CHECKING:
    from python_jobs.settings import Settings

SMALL = Selection(batch_size=5, workers=2)
DISTINCT = len({text.lower() for _, _, text in TEXTS})


def test_every_text_is_tagged_once_with_categories_of_the_taxonomy(staged: Settings) -> None:
    with FakeOpenAI() as server:
        settings = with_openai(staged, server)
        tally = tag(settings, SMALL)
        assert (tally.pending, tally.done) == (DISTINCT, DISTINCT)
        calls = server.count()
        assert tag(settings, SMALL).requests == 0
        assert server.count() == calls
    assert query(staged, "select count(*) from customer_insights.tagged_items") == [(DISTINCT,)]
    assert query(staged, "select count(*) from marts.pending_tags") == [(0,)]
    outside = query(
        staged,
        "select category from customer_insights.feedback_tags "
        "except select category from marts.tagging_taxonomy",
    )
    assert outside == []
    assert query(staged, "select count(*) > 0 from customer_insights.feedback_tags") == [(True,)]


def test_another_taxonomy_makes_texts_pending_again(staged: Settings) -> None:
    with FakeOpenAI() as server:
        settings = with_openai(staged, server)
        tag(settings, SMALL)
        query(
            staged,
            "update staging.tag_categories set description = 'Something new.' "
            "where category = 'delivery'",
        )
        assert tag(settings, SMALL).done == DISTINCT
        assert tag(settings, SMALL).pending == 0
    assert query(staged, "select count(*) from customer_insights.tagged_items") == [(DISTINCT,)]


def test_an_invented_category_is_never_stored(staged: Settings) -> None:
    with FakeOpenAI() as server:
        server.script(faults.unknown_category, None)
        tag(with_openai(staged, server), SMALL)
    outside = query(
        staged,
        "select category from customer_insights.feedback_tags "
        "except select category from marts.tagging_taxonomy",
    )
    assert outside == []
    assert query(staged, "select count(*) from customer_insights.tagged_items") == [(DISTINCT,)]


def test_an_empty_taxonomy_is_said_before_any_call(staged: Settings) -> None:
    query(staged, "update staging.tag_categories set active = 'false'")
    with FakeOpenAI() as server:
        with pytest.raises(ConfigurationError, match="no active category"):
            tag(with_openai(staged, server), SMALL)
        assert server.count() == 0


def test_the_local_tagger_makes_no_request(staged: Settings) -> None:
    tally = tag(staged, SMALL, provider="local")
    assert (tally.done, tally.requests) == (DISTINCT, 0)
    found = query(
        staged,
        "select provider, count(*), min(confidence) >= 0, max(confidence) <= 1 "
        "from customer_insights.feedback_tags join customer_insights.tagged_items "
        "using (content_hash, model) group by provider",
    )
    assert [(row[0], row[2], row[3]) for row in found] == [("local", True, True)]
