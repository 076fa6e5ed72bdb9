{#
    Grain: one row a job with an active model, or with texts that it set aside: in a batch at the provider, or
    given up. A view, as the pending sets are.
#}

{{ config(materialized='view') }}

with active as (
    select
        case kind when 'embedding' then {{ as_key("'embed'") }} else {{ as_key("'tag'") }} end as job,
        model
    from {{ ref('int_models__active') }}
),

batched as (
    select
        job,
        count(distinct content_hash) as count_batched_texts
    from {{ ref('int_models__batched') }}
    group by job
),

given_up as (
    select
        letters.job,
        count(*) as count_dead_letters
    from {{ ref('stg_jobs__dead_letters') }} as letters
    left join active
        on letters.job = active.job
    where active.job is null or letters.model = active.model
    group by letters.job
),

jobs as (
    select job from active
    union
    select job from batched
    union
    select job from given_up
)

select
    jobs.job,
    active.model as active_model,
    coalesce(batched.count_batched_texts, 0) as count_batched_texts,
    coalesce(given_up.count_dead_letters, 0) as count_dead_letters
from jobs
left join active
    on jobs.job = active.job
left join batched
    on jobs.job = batched.job
left join given_up
    on jobs.job = given_up.job
