"""What the jobs would have made of feedback, without a model, and a search through everything."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

from python_jobs.jobs.forget import Choice
from tests.integration.jobs.conftest import TEXTS, query

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from python_jobs.settings import Settings

RUN = "run-1"
TEXT_OF = {feedback_id: text for feedback_id, _, text in TEXTS}
SAMPLES = "pg_catalog.pg_stats"
"""What the planner knows of the values in tables."""

# Vectors and tags for every text; three clusters of one run, by the hash's first digit.
_RESULTS = """
create temporary table texts as
select content_hash, canonical_feedback_id as feedback_id, canonical_text as feedback_text,
    created_at, 'root.' || ascii(content_hash) % 3 as cluster_path
from intermediate.int_feedback__deduplicated where occurrence = 1;

insert into vector_store.embeddings (content_hash, model, dimensions, embedding)
select content_hash, 'fake', 3, '[1,2,3]' from texts;
insert into customer_insights.embedded_items
    (content_hash, model, dimensions, provider, feedback_id, embedded_at, job_run_id)
select content_hash, 'fake', 3, 'fake', feedback_id, now(), 'job' from texts;
insert into customer_insights.tagged_items
    (content_hash, model, provider, feedback_id, taxonomy_hash, prompt_hash, tagged_at, job_run_id)
select content_hash, 'fake', 'fake', feedback_id, 't', 'p', now(), 'job' from texts;
insert into customer_insights.feedback_tags (content_hash, model, category, confidence)
select content_hash, 'fake', 'delivery', 0.5 from texts;
insert into customer_insights.dead_letters (job, content_hash, model, reason, failed_at, job_run_id)
select 'tag', content_hash, 'other', 'refused', now(), 'job' from texts;
insert into customer_insights.active_models (kind, provider, model, dimensions, activated_at)
values ('embedding', 'fake', 'fake', 3, now()), ('tagging', 'fake', 'fake', null, now());

insert into customer_insights.cluster_runs
    (run_id, status, method, parameters, library_versions, embedding_model, embedding_dimensions,
    input_hash, count_feedback, count_texts, noise_share, created_at, published_at, job_run_id)
values ('run-1', 'published', 'm', '{}', '{}', 'fake', 3, 'i', 1, 1, 0, now(), now(), 'job');
insert into customer_insights.cluster_assignments
    (run_id, content_hash, cluster_path, membership_probability, noise_score, x, y)
select 'run-1', content_hash, cluster_path, 1, 0, 0, 0 from texts;
insert into customer_insights.cluster_exemplars (run_id, cluster_path, exemplar_rank, content_hash)
select * from (
    select 'run-1', cluster_path,
        row_number() over (partition by cluster_path order by created_at, feedback_id) as place,
        content_hash
    from texts
) as ranked where place <= 3;
insert into customer_insights.clusters
    (run_id, cluster_path, parent_path, depth, is_noise, is_leaf, count_texts, count_feedback,
    cluster_name, summary, named_by_provider, named_by_model, named_at, cluster_key)
select 'run-1', exemplars.cluster_path, 'root', 1, false, true, 9, 9,
    'Name of ' || exemplars.cluster_path, 'Typical feedback: “' || texts.feedback_text || '”',
    'fake', 'fake', now(), exemplars.cluster_path
from customer_insights.cluster_exemplars as exemplars join texts using (content_hash)
where exemplar_rank = 1
union all
select 'run-1', 'root', null, 0, false, false, 9, 9, 'All feedback', null, null, null, null, 'root';
insert into customer_insights.cluster_keywords
    (run_id, cluster_path, keyword_rank, keyword, score)
select 'run-1', cluster_path, row_number() over (partition by cluster_path order by word), word, 1
from (
    select distinct cluster_path, word
    from texts, regexp_split_to_table(lower(feedback_text), '[^a-z]+') as word
    where length(word) > 5
) as words;
insert into vector_store.cluster_centroids (run_id, cluster_path, centroid)
select run_id, cluster_path, '[1,2,3]' from customer_insights.clusters where depth = 1;
"""


def pretend_jobs(settings: Settings) -> None:
    """Fill the tables of the jobs as embed, tag, cluster and name would."""
    query(settings, _RESULTS)


def rows(settings: Settings) -> dict[str, str]:
    """All rows of all tables and views, as text by relation."""
    found = everything(settings)
    del found[SAMPLES]  # the server renews them when it likes
    return found


def everything(settings: Settings) -> dict[str, str]:
    """All rows of all tables and views, and the planner's samples, as text by relation."""
    relations = query(
        settings,
        "select quote_ident(table_schema) || '.' || quote_ident(table_name) "
        "from information_schema.tables "
        "where table_schema not in ('pg_catalog', 'information_schema') order by 1",
    )
    assert len(relations) > 40
    names = [str(row[0]) for row in relations] + [SAMPLES]
    return {
        name: "\n".join(str(row[0]) for row in query(settings, f"select t::text from {name} as t"))
        for name in names
    }


def traces(settings: Settings, ids: Collection[str], texts: Collection[str]) -> list[str]:
    """Relations that hold one of the ids as a word, or one of the texts anywhere."""
    found = []
    for name, content in everything(settings).items():
        folded = content.casefold()
        spelled = set(re.findall(r"[\w-]+", folded))
        if {each.casefold() for each in ids} & spelled or any(
            each.casefold() in folded for each in texts
        ):
            found.append(name)
    return found


def ids(*feedback_ids: str) -> Choice:
    return Choice(values=feedback_ids)


def write(path: Path, *rows: Any) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def count(settings: Settings, table: str) -> int:
    return int(query(settings, f"select count(*) from {table}")[0][0])
