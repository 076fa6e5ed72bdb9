{#
    Grain: one row a step: what waits for it and what it gave up. A view, as the pending sets are.
    Pending for load are rows that it could not use; for cluster, feedback with a vector that the published run
    has not placed; for publish, a candidate.
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
),

pending as (
    select
        'load' as step,
        count(*) as count_pending,
        min(rejected_at) as oldest_pending_at
    from {{ ref('stg_raw__rejected_feedback') }}
    union all
    select
        'embed' as step,
        count(*) as count_pending,
        min(created_at) as oldest_pending_at
    from {{ ref('pending_embeddings') }}
    union all
    select
        'tag' as step,
        count(*) as count_pending,
        min(created_at) as oldest_pending_at
    from {{ ref('pending_tags') }}
    union all
    select
        'cluster' as step,
        count(*) as count_pending,
        min(created_at) as oldest_pending_at
    from clusterable
    where placed_hash is null
    union all
    select
        'name' as step,
        count(*) as count_pending,
        cast(null as {{ dbt.type_timestamp() }}) as oldest_pending_at
    from {{ ref('unnamed_clusters') }}
    union all
    select
        'publish' as step,
        count(*) as count_pending,
        min(created_at) as oldest_pending_at
    from {{ ref('stg_jobs__cluster_runs') }}
    where status = 'candidate'
),

active as (
    select
        case kind when 'embedding' then 'embed' else 'tag' end as step,
        model
    from {{ ref('int_models__active') }}
),

batched as (
    select
        job as step,
        count(distinct content_hash) as count_batched_texts
    from {{ ref('int_models__batched') }}
    group by job
),

given_up as (
    select
        letters.job as step,
        count(*) as count_dead_letters
    from {{ ref('stg_jobs__dead_letters') }} as letters
    left join active
        on letters.job = active.step
    where active.step is null or letters.model = active.model
    group by letters.job
)

select
    pending.step,
    active.model as active_model,
    pending.count_pending,
    coalesce(batched.count_batched_texts, 0) as count_batched_texts,
    coalesce(given_up.count_dead_letters, 0) as count_dead_letters,
    pending.oldest_pending_at
from pending
left join active
    on pending.step = active.step
left join batched
    on pending.step = batched.step
left join given_up
    on pending.step = given_up.step
