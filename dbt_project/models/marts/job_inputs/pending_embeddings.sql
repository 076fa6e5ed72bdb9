{#
    Grain: one row a feedback whose text has no vector of the active embedding model, and waits in no
    batch for one.
#}

with feedback as (
    select * from {{ ref('int_feedback__deduplicated') }}
),

active_model as (
    select * from {{ ref('int_models__active') }}
    where kind = 'embedding'
),

embedded as (
    select * from {{ ref('stg_jobs__embedded_items') }}
),

given_up as (
    select * from {{ ref('stg_jobs__dead_letters') }}
    where job = 'embed'
),

batched as (
    select * from {{ ref('int_models__batched') }}
    where job = 'embed'
)

select
    feedback.feedback_id,
    feedback.canonical_feedback_id,
    feedback.content_hash,
    active_model.model,
    feedback.canonical_text as feedback_text,
    active_model.dimensions,
    feedback.created_at
from feedback
cross join active_model
left join embedded
    on
        feedback.content_hash = embedded.content_hash
        and active_model.model = embedded.model
        and active_model.dimensions = embedded.dimensions
left join given_up
    on
        feedback.content_hash = given_up.content_hash
        and active_model.model = given_up.model
left join batched
    on
        feedback.content_hash = batched.content_hash
        and active_model.model = batched.model
        and active_model.dimensions = batched.dimensions
where
    embedded.content_hash is null
    and given_up.content_hash is null
    and batched.content_hash is null
