{#
    Grain: one row a step of the pipeline. A view: it tells of now, not of the last build. It holds points in
    time and no ages, so that nothing changes while nothing happens.
#}

{{ config(materialized='view') }}

with steps as (
    select
        'load' as step,
        1 as step_number
    union all
    select
        'embed' as step,
        2 as step_number
    union all
    select
        'tag' as step,
        3 as step_number
    union all
    select
        'cluster' as step,
        4 as step_number
    union all
    select
        'name' as step,
        5 as step_number
    union all
    select
        'publish' as step,
        6 as step_number
),

jobs as (
    select * from {{ ref('int_jobs__latest_runs') }}
),

pending as (
    select * from {{ ref('int_jobs__pending_work') }}
),

{# Loading records no run of its own, and publishing is a mark on a cluster run. #}
loads as (
    select
        max(updated_at) as last_good_at,
        max(created_at) as newest_feedback_at
    from {{ ref('stg_raw__customer_feedback') }}
),

published as (
    select
        run_id,
        published_at
    from {{ ref('stg_jobs__cluster_runs') }}
    where status = 'published'
),

{# The latest cluster run, whatever became of it; one that was superseded is no news. #}
latest as (
    select
        run_id,
        status,
        status_reason,
        created_at,
        row_number() over (order by created_at desc, run_id desc) as recency
    from {{ ref('stg_jobs__cluster_runs') }}
    where status <> 'superseded'
),

joined as (
    select
        steps.step,
        steps.step_number,
        case when steps.step = 'publish' then latest.run_id else jobs.last_run_id end as last_run_id,
        case when steps.step = 'publish' then published.run_id else jobs.last_good_run_id end as last_good_run_id,
        coalesce(pending.active_model, jobs.last_model) as model,
        case when steps.step = 'publish' then latest.status else jobs.last_status end as last_status,
        case when steps.step = 'publish' then latest.status_reason else jobs.last_error end as message,
        pending.count_pending,
        pending.count_batched_texts,
        pending.count_dead_letters,
        coalesce(jobs.count_failed_since_good, 0) as count_failed_since_good,
        case when steps.step = 'publish' then latest.created_at else jobs.last_started_at end as last_started_at,
        jobs.last_finished_at,
        case
            when steps.step = 'load' then loads.last_good_at
            when steps.step = 'publish' then published.published_at
            else jobs.last_good_at
        end as last_good_at,
        pending.oldest_pending_at,
        loads.newest_feedback_at
    from steps
    cross join loads
    inner join pending
        on steps.step = pending.step
    left join jobs
        on steps.step = jobs.job
    left join published
        on steps.step = 'publish'
    left join latest
        on
            steps.step = 'publish'
            and latest.recency = 1
)

select
    -- ids
    step,
    step_number,
    last_run_id,
    last_good_run_id,
    model,

    -- text
    case
        when last_status in ('failed', 'rejected') then 'failing'
        when last_status = 'running' then 'running'
        when last_good_at is null then 'never run'
        when count_pending > 0 then 'behind'
        when count_dead_letters > 0 then 'gave up'
        else 'good'
    end as health,
    case when last_status in ('failed', 'rejected') then message end as message,

    -- numbers
    count_pending,
    count_batched_texts,
    count_dead_letters,
    count_failed_since_good,

    -- timestamps
    last_started_at,
    last_finished_at,
    last_good_at,
    oldest_pending_at,
    newest_feedback_at
from joined
