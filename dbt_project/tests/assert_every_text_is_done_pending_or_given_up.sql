-- No text is lost between the jobs: it has an answer of the active model, waits for one, or is a dead letter.
with active as (
    select
        case kind when 'embedding' then {{ as_key("'embed'") }} else {{ as_key("'tag'") }} end as job,
        model
    from {{ ref('int_models__active') }}
),

accounted as (
    select
        {{ as_key("'embed'") }} as job,
        content_hash,
        model
    from {{ ref('stg_jobs__embedded_items') }}
    union
    select
        {{ as_key("'tag'") }} as job,
        content_hash,
        model
    from {{ ref('stg_jobs__tagged_items') }}
    union
    select
        {{ as_key("'embed'") }} as job,
        content_hash,
        model
    from {{ ref('pending_embeddings') }}
    union
    select
        {{ as_key("'tag'") }} as job,
        content_hash,
        model
    from {{ ref('pending_tags') }}
    union
    select
        job,
        content_hash,
        model
    from {{ ref('int_models__batched') }}
    union
    select
        job,
        content_hash,
        model
    from {{ ref('stg_jobs__dead_letters') }}
)

select
    active.job,
    active.model,
    texts.content_hash
from {{ ref('int_feedback__deduplicated') }} as texts
cross join active
left join accounted
    on
        active.job = accounted.job
        and active.model = accounted.model
        and texts.content_hash = accounted.content_hash
where accounted.content_hash is null
