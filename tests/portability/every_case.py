"""A little feedback and what jobs may have made of it: every case that a model tells apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_jobs.jobs.load import load
from tests.integration.dbt_builds import build, build_and_test
from tests.integration.jobs.conftest import query
from tests.integration.jobs.forgotten import pretend_jobs

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.settings import Settings

FEEDBACK = """feedback_id,created_at,source,product,rating,feedback_text,customer_id
u1,2026-01-04T23:59:59Z,chat,Größe,5,ÄRGER  mit der Größe,c1
u2,2026-01-05T00:00:00Z,Chat,größe,,ärger\u00a0mit der größe,C1
u3,2026-02-28T23:30:00-05:00,,日本,1,日本の靴はとても良いです,
u4,2026-02-28T12:00:00Z,shop,,3.5,"\tTwo words\r\n of\u200btext",c1
u5,2026-03-01T12:00:00Z,shop,boot,2,a ‹› b,größe
u6,2026-03-01T12:00:00Z,shop,boot,2,A ‹› B,GRÖSSE
late,2027-01-01T00:00:00Z,shop,boot,4,after the run's period,c1
d1,2026-04-01T12:00:00Z,shop,boot,2,"Die »Schuhe« sind zu klein – leider, schade: it’s it's",c1
d2,2026-04-02T12:00:00Z,chat,boot,1,die schuhe sind ZU KLEIN… leider (schade) it s,c1
d3,2026-04-02T12:00:00Z,chat,boot,1,die schuhe sind zu klein - leider! schade? sehr it s,C1
d4,2026-04-03T12:00:00Z,chat,boot,,"große schuhe sind zu klein, leider schade it s",
"""

FEEDBACK += "".join(
    f"n{number},2026-0{number % 9 + 1}-1{number % 7}T08:00:00Z,shop,boot,{number % 5 + 1},"
    f"text {number} about boots,c{number % 4}\n"
    for number in range(40)
)

_JOBS = """
-- what people called a cluster, and an empty name
insert into staging.cluster_names (cluster_key, cluster_name, summary)
    values ('root.0', 'Von Hand: Größe', ''), ('root.1', '', 'nur eine Zusammenfassung');
-- a tree of three levels, with noise, in a published run of a period
update customer_insights.cluster_runs set start_date = '2026-01-01', end_date = '2026-12-31';
insert into customer_insights.clusters (run_id, cluster_path, parent_path, depth, is_noise, is_leaf,
    count_texts, count_feedback, cluster_name, cluster_key)
select 'run-1', path, parent, depth, noise, true, 1, 1, 'Name of ' || path, path
from (values ('root.0.0', 'root.0', 2, false), ('root.0.noise', 'root.0', 2, true),
    ('root.0.0.1', 'root.0.0', 3, false), ('root.noise', 'root', 1, true))
    as added (path, parent, depth, noise);
update customer_insights.cluster_assignments set cluster_path = case content_hash like '%1'
    when true then 'root.0.0.1' else 'root.0.noise' end
where cluster_path = 'root.0';
-- runs before and after it
insert into customer_insights.cluster_runs
    (run_id, status, method, parameters, library_versions, embedding_model, embedding_dimensions,
    input_hash, count_feedback, count_texts, noise_share, created_at, published_at, job_run_id,
    continuity)
values ('run-0', 'superseded', 'm', '{}', '{}', 'fake', 3, 'i', 1, 1, 0, now(), now(), 'job', null),
    ('run-2', 'candidate', 'm', '{}', '{}', 'fake', 3, 'i', 1, 1, 0.1, now(), null, 'job', 0.5);
insert into customer_insights.clusters (run_id, cluster_path, parent_path, depth, is_noise, is_leaf,
    count_texts, count_feedback, cluster_name, cluster_key, named_at)
values ('run-0', 'root', null, 0, false, true, 1, 1, 'Before', 'root', now()),
    ('run-2', 'root', null, 0, false, false, 1, 1, null, 'root', null),
    ('run-2', 'root.0', 'root', 1, false, true, 1, 1, 'Named', 'root.0', now());
insert into customer_insights.cluster_keywords (run_id, cluster_path, keyword_rank, keyword, score)
values ('run-2', 'root', 2, 'zwei', 1), ('run-2', 'root', 1, 'größe', 2);
insert into customer_insights.cluster_exemplars (run_id, cluster_path, exemplar_rank, content_hash)
select 'run-2', 'root', 1, min(content_hash) from customer_insights.embedded_items;
insert into customer_insights.cluster_events (run_id, event_number, previous_run_id, event,
    cluster_key, cluster_path, previous_cluster_key, previous_cluster_path, count_feedback, jaccard)
values ('run-1', 1, 'run-0', 'continued', 'root', 'root', 'root', 'root', 3, 0.4),
    ('run-1', 2, 'run-0', 'born', 'root.0', 'root.0', null, null, 2, null),
    ('run-1', 3, 'run-0', 'died', null, null, 'gone', 'root.9', 1, null);
insert into customer_insights.cluster_renamings (run_id, cluster_path, marked_at, job_run_id)
values ('run-1', 'root.1', now() + interval '1 day', 'job'), ('run-2', 'root', now(), 'job');
-- a text that the run does not know, others that were assigned to it, how the run before fits
delete from customer_insights.cluster_assignments
where content_hash = (select max(content_hash) from customer_insights.embedded_items);
update customer_insights.cluster_assignments set assigned_at = now() where content_hash > 'd';
insert into customer_insights.cluster_assign_runs (job_run_id, run_id, assigned_at, count_texts,
    count_feedback, count_noise_texts, count_noise_feedback, distance_bound, noise_share,
    expected_noise_share, far_share, expected_far_share, added_share, reason)
values ('a1', 'run-0', now(), 1, 2, 0, 0, 0.5, 0, 0.1, 0, 0.01, 0.2, null),
    ('a2', 'run-0', now(), 1, 2, 1, 2, 0.5, 1, 0.1, 0.5, 0.01, 0.4, 'far from all: größe');
-- jobs that ran and failed, requests that cost something, nothing, or nobody knows what
insert into customer_insights.job_runs (job_run_id, job, status, started_at, finished_at, error)
values ('j1', 'embed', 'succeeded', now() - interval '2 hours', now() - interval '1 hour', null),
    ('j2', 'embed', 'failed', now() - interval '1 hour', now(), 'no quota: größe'),
    ('j3', 'tag', 'failed', now() - interval '1 hour', now(), 'no key'),
    ('j4', 'cluster', 'running', now(), null, null);
insert into customer_insights.job_runs (job_run_id, job, status, started_at, alive_until, error)
values ('j5', 'pipeline', 'running', now(), now() - interval '1 hour', 'in step cluster: größe');
insert into customer_insights.api_usage (request_id, job_run_id, job, provider, model, requested_at,
    count_items, input_tokens, output_tokens, cached_tokens, latency_seconds, retries, status, mode,
    cost_usd)
values ('q1', 'j1', 'embed', 'fake', 'm', now(), 9, 3000000000, 0, 5, 0.5, 0, 'ok', 'online', 0.5),
    ('q2', 'j2', 'embed', 'fake', 'm', now(), 9, 10, 0, 0, 0.5, 1, 'failed', 'online', null),
    ('q3', 'j3', 'tag', 'fake', 'm', now(), 1, 10, 20, 0, 0.5, 0, 'ok', 'batch', 0.000000001);
-- texts under other taxonomies, in several categories, in none, twice as sure, to be read again
update customer_insights.active_models set prompt_hash = 'p', taxonomy_hash = 't'
where kind = 'tagging';
insert into customer_insights.tagged_taxonomies
    (taxonomy_hash, category, category_hash, recorded_at)
select 't', category, case category when 'delivery' then 'edited' else category_hash end, now()
from staging.stg_taxonomy__tag_categories where category <> 'refund_time';
insert into customer_insights.tagged_taxonomies values ('t', 'no_longer', 'x', now());
insert into customer_insights.feedback_tags (content_hash, model, category, confidence)
select content_hash, 'fake', category, confidence
from customer_insights.tagged_items
cross join (values ('refund_time', 0.5, '8'), ('no_longer', 0.25, '6'))
    as more (category, confidence, bound)
where content_hash < bound;
delete from customer_insights.feedback_tags where content_hash > 'e';
update customer_insights.tagged_items set sentiment = case
    when content_hash < '5' then 'very negative' when content_hash < 'a' then 'positive' end;
update customer_insights.tagged_items set taxonomy_hash = 'unheard_of'
where content_hash between 'c' and 'd';
update customer_insights.tagged_items set prompt_hash = 'old'
where content_hash between 'd' and 'e';
insert into customer_insights.retag_requests (content_hash, model, reason, requested_at, job_run_id)
select max(content_hash), 'fake', 'full_retag', now(), 'job' from customer_insights.tagged_items;
-- texts without a vector: pending, given up, waiting in a batch
delete from customer_insights.embedded_items where content_hash < '8';
insert into customer_insights.dead_letters (job, content_hash, model, reason, failed_at, job_run_id)
select 'embed', content_hash, 'fake', 'refused', now(), 'job'
from intermediate.int_feedback__deduplicated where occurrence = 1 and content_hash < '2';
insert into customer_insights.api_batches (batch_id, job, provider, host, model, dimensions,
    parameters, status, count_requests, count_items, count_completed, count_failed, created_at,
    job_run_id)
values ('b', 'embed', 'fake', 'h', 'fake', 3, '{}', 'in_progress', 1, 1, 0, 0, now(), 'job');
insert into customer_insights.api_batch_items (batch_id, custom_id, line_position, count_inputs,
    count_in_line, content_hash, feedback_id, status)
select 'b', content_hash, 0, 1, 1, content_hash, feedback_id, 'waiting'
from intermediate.int_feedback__deduplicated
where occurrence = 1 and content_hash between '5' and '6';
-- rows that load could not use, and somebody who was erased
insert into raw.rejected_feedback (origin, line_number, reason, feedback_id, rejected_at)
values ('a.csv', 7, 'rating: not a number', 'Größe', now()), ('a.csv', 8, 'erased', null, now());
insert into customer_insights.erasure_salt (only_one, salt) values (1, 'salt');
insert into customer_insights.erased_feedback (feedback_hash, erased_at, job_run_id)
values ('0123', now(), 'job');
"""


def prepare(settings: Settings, folder: Path, *, tested: bool = False) -> None:
    """Load the feedback, pretend that every job has run, and let dbt build all models.

    With `tested` the data tests look at what came out.
    """
    file = folder / "every_case.csv"
    file.write_text(FEEDBACK, encoding="utf-8", newline="")
    load(settings, file)
    build(settings)
    pretend_jobs(settings)
    query(settings, _JOBS)
    # the names that people gave are in a seed, and would be gone; the manifest is read by some
    last = ("--exclude-resource-type", "seed", "--write-json")
    (build_and_test if tested else build)(settings, *last)
