{#
    Grain: one row a job that ever ran: its latest run, its latest good one, and what failed since. A view, so
    that pipeline_health tells of the runs since the last build, too.
#}

{{ config(materialized='view') }}

with runs as (
    select * from {{ ref('stg_jobs__job_runs') }}
),

ranked as (
    select
        *,
        row_number() over (partition by job order by started_at desc, job_run_id desc) as recency
    from runs
),

good as (
    select
        job,
        job_run_id,
        started_at,
        finished_at,
        row_number() over (partition by job order by started_at desc, job_run_id desc) as recency
    from runs
    where status = 'succeeded'
),

failures as (
    select
        runs.job,
        count(*) as count_failed
    from runs
    left join good
        on
            runs.job = good.job
            and good.recency = 1
    where runs.status = 'failed' and (good.started_at is null or runs.started_at > good.started_at)
    group by runs.job
)

select
    ranked.job,
    ranked.job_run_id as last_run_id,
    ranked.status as last_status,
    ranked.error as last_error,
    ranked.model as last_model,
    ranked.started_at as last_started_at,
    ranked.finished_at as last_finished_at,
    ranked.alive_until as last_alive_until,
    good.job_run_id as last_good_run_id,
    good.finished_at as last_good_at,
    coalesce(failures.count_failed, 0) as count_failed_since_good
from ranked
left join good
    on
        ranked.job = good.job
        and good.recency = 1
left join failures
    on ranked.job = failures.job
where ranked.recency = 1
