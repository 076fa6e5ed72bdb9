{#
    Grain: one row a step of the pipeline, and one for its runs as a whole. A view: it tells of now, not of the
    last build. It holds points in time and no ages, so that nothing changes while nothing happens, but for a
    run that was killed: nobody is left to write that down, so the clock is asked whether its time is over.
    Pending for load are rows that it could not use; for cluster, feedback with a vector that the published run
    has not placed, but for what is older than the run's first day, which was left out on purpose; for publish, a
    candidate.
#}

{{ config(materialized='view') }}

with clusterable as (
    select
        input.feedback_id,
        input.created_at,
        assignments.content_hash as placed_hash
    from {{ ref('clustering_input') }} as input
    left join {{ ref('stg_jobs__cluster_runs') }} as runs
        on runs.status = 'published'
    left join {{ ref('stg_jobs__cluster_assignments') }} as assignments
        on
            runs.run_id = assignments.run_id
            and input.content_hash = assignments.content_hash
    where runs.start_date is null or input.created_at >= runs.start_date
),

{# Of the very sets that the jobs read. #}
steps as (
    select
        {{ as_key("'pipeline'") }} as step,
        0 as step_number,
        0 as count_pending,
        cast(null as {{ dbt.type_timestamp() }}) as oldest_pending_at
    union all
    select
        {{ as_key("'load'") }} as step,
        1 as step_number,
        count(*) as count_pending,
        min(rejected_at) as oldest_pending_at
    from {{ ref('stg_raw__rejected_feedback') }}
    union all
    select
        {{ as_key("'embed'") }} as step,
        2 as step_number,
        count(*) as count_pending,
        min(created_at) as oldest_pending_at
    from {{ ref('pending_embeddings') }}
    union all
    select
        {{ as_key("'tag'") }} as step,
        3 as step_number,
        count(*) as count_pending,
        min(created_at) as oldest_pending_at
    from {{ ref('pending_tags') }}
    union all
    select
        {{ as_key("'cluster'") }} as step,
        4 as step_number,
        count(*) as count_pending,
        min(created_at) as oldest_pending_at
    from clusterable
    where placed_hash is null
    union all
    select
        {{ as_key("'name'") }} as step,
        5 as step_number,
        count(*) as count_pending,
        cast(null as {{ dbt.type_timestamp() }}) as oldest_pending_at
    from {{ ref('unnamed_clusters') }}
    union all
    select
        {{ as_key("'publish'") }} as step,
        6 as step_number,
        count(*) as count_pending,
        min(created_at) as oldest_pending_at
    from {{ ref('stg_jobs__cluster_runs') }}
    where status = 'candidate'
),

jobs as (
    select * from {{ ref('int_jobs__latest_runs') }}
),

set_aside as (
    select * from {{ ref('int_jobs__set_aside') }}
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
        coalesce(set_aside.active_model, jobs.last_model) as model,
        case when steps.step = 'publish' then latest.status else jobs.last_status end as last_status,
        case when steps.step = 'publish' then latest.status_reason else jobs.last_error end as message,
        steps.count_pending,
        coalesce(set_aside.count_batched_texts, 0) as count_batched_texts,
        coalesce(set_aside.count_dead_letters, 0) as count_dead_letters,
        coalesce(jobs.count_failed_since_good, 0) as count_failed_since_good,
        case when steps.step = 'publish' then latest.created_at else jobs.last_started_at end as last_started_at,
        jobs.last_finished_at,
        jobs.last_alive_until,
        case
            when steps.step = 'load' then loads.last_good_at
            when steps.step = 'publish' then published.published_at
            else jobs.last_good_at
        end as last_good_at,
        steps.oldest_pending_at,
        loads.newest_feedback_at
    from steps
    cross join loads
    left join set_aside
        on steps.step = set_aside.job
    left join jobs
        on steps.step = jobs.job
    left join published
        on steps.step = 'publish'
    left join latest
        on
            steps.step = 'publish'
            and latest.recency = 1
),

judged as (
    select
        *,
        case
            when last_status in ('failed', 'rejected') then 'failing'
            when last_status = 'running' and last_alive_until < {{ as_utc(now_instant()) }} then 'crashed'
            when last_status = 'running' then 'running'
            when last_good_at is null then 'never run'
            when count_pending > 0 then 'behind'
            when count_dead_letters > 0 then 'gave up'
            else 'good'
        end as health
    from joined
)

select
    -- ids
    step,
    step_number,
    last_run_id,
    last_good_run_id,
    model,

    -- text
    health,
    case when health in ('failing', 'crashed') then message end as message,

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
from judged
