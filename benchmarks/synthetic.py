"""Feedback that nobody gave, and what the jobs would have made of it, written by SQL alone.

Texts are drawn from a million words, few common and most said a few times, as in real feedback; 6% of the
rows say one of 500 stock phrases, one in 200 repeats the row before with a word more. Every text has a
record of its vector (not the vector), one or two categories, and a place in a tree of 136 clusters.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

MODEL = "all-MiniLM-L6-v2-int8"
"""What `dbt_project.yml` takes for the active model while no job has run."""

FIRST_DAY = datetime(2023, 1, 1, tzinfo=UTC)
DAYS = 1000
"""Over which the feedback is spread."""

_WRITE = """
insert into raw.customer_feedback (feedback_id, created_at, source, product, rating, feedback_text, attributes,
    row_hash, origin, loaded_at, updated_at)
with drawn as (
    select n, random() as stock, random() as day, 8 + floor(random() * 24)::int as length
    from generate_series(%(first)s::int, %(last)s::int) as n
),
spoken as (
    select drawn.*, case when stock < 0.06 then 'stock phrase number ' || floor(stock * 500 / 0.06)
        else (select string_agg('w' || floor(1000000 * power(random(), 6)), ' ')
            from generate_series(1, drawn.length) where drawn.n > 0) end as said
    from drawn
)
select 'S' || lpad(n::text, 8, '0'),
    %(start)s::timestamptz + floor((%(from_day)s + day * %(days)s) * 86400) * interval '1 second',
    (array['review', 'return', 'chat', 'survey'])[1 + n %% 4], 'product ' || n %% 11,
    case when n %% 10 > 0 then 1 + n %% 5 end,
    case when n %% 200 = 1 then coalesce(lag(said) over (order by n) || ' again', said) else said end,
    jsonb_build_object('customer_id', 'c' || n %% 50000), 'row ' || n, 'synthetic', now(), now()
from spoken
"""

_TREE = """
insert into customer_insights.cluster_runs (run_id, status, method, parameters, library_versions, embedding_model,
    embedding_dimensions, input_hash, count_feedback, count_texts, noise_share, created_at, published_at, job_run_id)
values ('run', 'published', 'graph', '{}', '{}', %(model)s, 384, 'i', 1, 1, 0.05, now(), now(), 'job');
with paths (path, depth) as (
    select 'root', 0
    union all select 'root.noise', 1
    union all select 'root.' || a, 1 from generate_series(0, 14) as a
    union all select 'root.' || a || '.' || b, 2 from generate_series(0, 14) as a, generate_series(0, 5) as b
    union all select 'root.' || a || '.0.' || c, 3 from generate_series(0, 8) as a, generate_series(0, 2) as c
    union all select 'root.' || a || '.1.noise', 3 from generate_series(0, 1) as a
)
insert into customer_insights.clusters (run_id, cluster_path, cluster_key, parent_path, depth, is_noise, is_leaf,
    count_texts, count_feedback, cluster_name, summary, named_at)
select 'run', path, 'key ' || path, case when depth > 0 then regexp_replace(path, '[.][^.]*$', '') end, depth,
    path like '%%noise', not exists (select from paths as lower where lower.path like paths.path || '.%%'),
    1, 1, 'Cluster ' || path, 'Summary of ' || path, now()
from paths;
"""

_JOBS = """
create temporary table fresh as
select content_hash, min(feedback_id) as feedback_id, ('x' || left(content_hash, 6))::bit(24)::int as number
from staging.stg_raw__customer_feedback
where feedback_id in (select feedback_id from raw.customer_feedback where row_hash like 'row %%')
group by content_hash;
delete from fresh where content_hash in (select content_hash from customer_insights.embedded_items);
analyze fresh;
insert into customer_insights.embedded_items (content_hash, model, dimensions, provider, feedback_id, embedded_at,
    job_run_id)
select content_hash, %(model)s, 384, 'local', feedback_id, now(), 'job' from fresh;
insert into customer_insights.tagged_items (content_hash, model, provider, feedback_id, taxonomy_hash, prompt_hash,
    sentiment, tagged_at, job_run_id)
select content_hash, %(model)s, 'local', feedback_id, 't', 'p',
    (array['negative', 'neutral', 'positive'])[1 + number %% 3], now(), 'job' from fresh;
insert into customer_insights.feedback_tags (content_hash, model, category, confidence)
select fresh.content_hash, %(model)s, categories.category, 0.5 + fresh.number %% 100 / 200.0
from fresh inner join (
    select category, row_number() over (order by category) as place, count(*) over () as many
    from staging.stg_taxonomy__tag_categories
) as categories on fresh.number %% many = place - 1 or (fresh.number %% 3 = 0 and (fresh.number + 5) %% many = place);
insert into customer_insights.cluster_assignments (run_id, content_hash, cluster_path, membership_probability,
    noise_score, x, y, assigned_at)
select 'run', fresh.content_hash, leaves.cluster_path, 0.9, 0.1, number %% 97, number %% 89, %(assigned_at)s
from fresh inner join (
    select cluster_path, row_number() over (order by cluster_path) as place, count(*) over () as many
    from customer_insights.clusters where is_leaf
) as leaves on fresh.number %% many = place - 1;
insert into customer_insights.cluster_exemplars (run_id, cluster_path, exemplar_rank, content_hash)
select 'run', cluster_path, place, content_hash from (
    select cluster_path, content_hash, row_number() over (partition by cluster_path order by content_hash) as place
    from customer_insights.cluster_assignments
) as ranked where place <= 3 and not exists (select from customer_insights.cluster_exemplars);
update raw.customer_feedback set row_hash = 'seen' where row_hash like 'row %%';
drop table fresh;
"""

_CHANGE = """
update raw.customer_feedback
set feedback_text = feedback_text || ' edited', row_hash = 'row ' || feedback_id, updated_at = now()
where feedback_id in (select 'S' || lpad((1 + floor(random() * %(rows)s))::int::text, 8, '0')
    from generate_series(1, %(edited)s));
update raw.customer_feedback set rating = 6 - rating, updated_at = now()
where feedback_id in (select 'S' || lpad((1 + floor(random() * %(rows)s))::int::text, 8, '0')
    from generate_series(1, %(edited)s));
delete from raw.customer_feedback
where feedback_id in (select 'S' || lpad((1 + floor(random() * %(rows)s))::int::text, 8, '0')
    from generate_series(1, %(deleted)s));
insert into customer_insights.cluster_assign_runs (job_run_id, run_id, assigned_at, count_texts,
    count_feedback, count_noise_texts, count_noise_feedback, distance_bound, noise_share,
    expected_noise_share, far_share, expected_far_share, added_share)
select 'a' || count(*), 'run', now(), 1, 2, 0, 0, 0.5, 0, 0.1, 0, 0.01, 0.2 from customer_insights.cluster_assign_runs;
"""


def history(connection: psycopg.Connection, rows: int) -> None:
    """Write `rows` of raw feedback over 1,000 days and a published run without assignments."""
    connection.execute("select setseed(0.5)")
    connection.execute(_WRITE.encode(), _when(1, rows, 0, DAYS))
    for statement in _TREE.split(";\n"):
        if statement.strip():
            connection.execute(statement.encode(), {"model": MODEL})
    connection.execute("analyze raw.customer_feedback")


def jobs(connection: psycopg.Connection, *, assigned_at: datetime | None = None) -> None:
    """Record what the jobs would have made of all texts that are new to them."""
    for statement in _JOBS.split(";\n"):
        if statement.strip():
            connection.execute(
                statement.encode(), {"model": MODEL, "assigned_at": assigned_at}
            )
    for table in ("embedded_items", "tagged_items", "feedback_tags", "cluster_assignments"):
        connection.execute(f"analyze customer_insights.{table}".encode())


def one_day(connection: psycopg.Connection, rows: int, change: int, day: int = 1) -> None:
    """Change `change` rows: 80% new, 10% late, 4% another text, 4% another rating, 2% deleted.

    Late feedback falls on any earlier day. What the jobs make of it is written as well.
    """
    new, late = change * 8 // 10, change // 10
    first = rows + 1 + (day - 1) * (new + late)
    connection.execute(_WRITE.encode(), _when(first, first + new - 1, DAYS + day - 1, 1))
    connection.execute(_WRITE.encode(), _when(first + new, first + new + late - 1, 0, DAYS))
    numbers = {"rows": rows, "edited": change // 25, "deleted": change // 50}
    for statement in _CHANGE.split(";\n"):
        if statement.strip():
            connection.execute(statement.encode(), numbers)
    jobs(connection, assigned_at=datetime.now(UTC))


def _when(first: int, last: int, from_day: int, days: int) -> dict[str, object]:
    return {
        "first": first, "last": last, "from_day": from_day, "days": days, "start": FIRST_DAY
    }  # fmt: skip
