{#
    Grain: one row a feedback whose text the active tagging model has not read under the active
    taxonomy and prompt.
#}

with feedback as (
    select * from {{ ref('int_feedback__deduplicated') }}
),

active_model as (
    select * from {{ ref('int_models__active') }}
    where kind = 'tagging'
),

tagged as (
    select * from {{ ref('stg_jobs__tagged_items') }}
),

given_up as (
    select * from {{ ref('stg_jobs__dead_letters') }}
    where job = 'tag'
)

select
    feedback.feedback_id,
    feedback.canonical_feedback_id,
    feedback.content_hash,
    active_model.model,
    feedback.canonical_text as feedback_text,
    feedback.created_at
from feedback
cross join active_model
left join tagged
    on
        feedback.content_hash = tagged.content_hash
        and active_model.model = tagged.model
        and active_model.taxonomy_hash = tagged.taxonomy_hash
        and active_model.prompt_hash = tagged.prompt_hash
left join given_up
    on
        feedback.content_hash = given_up.content_hash
        and active_model.model = given_up.model
where
    tagged.content_hash is null
    and given_up.content_hash is null
