{#
    Grain: one row a feedback whose text the active tagging model has not read under the active
    prompt, or read before an edit of the taxonomy that can concern it.
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

outdated as (
    select * from {{ ref('outdated_tags') }}
    where reason is not null
),

requested as (
    select * from {{ ref('stg_jobs__retag_requests') }}
),

given_up as (
    select * from {{ ref('stg_jobs__dead_letters') }}
    where job = 'tag'
),

{# Under whatever taxonomy: its answer is on the way, and may be all that the edit asks for. #}
batched as (
    select * from {{ ref('int_models__batched') }}
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
        and active_model.prompt_hash = tagged.prompt_hash
left join outdated
    on
        feedback.content_hash = outdated.content_hash
        and active_model.model = outdated.model
left join requested
    on
        feedback.content_hash = requested.content_hash
        and active_model.model = requested.model
left join given_up
    on
        feedback.content_hash = given_up.content_hash
        and active_model.model = given_up.model
left join batched
    on
        feedback.content_hash = batched.content_hash
        and active_model.model = batched.model
        and active_model.prompt_hash = batched.prompt_hash
where
    (tagged.content_hash is null or outdated.content_hash is not null or requested.content_hash is not null)
    and given_up.content_hash is null
    and batched.content_hash is null
