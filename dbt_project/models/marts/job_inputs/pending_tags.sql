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

{#
    Few on most days: the set is made of these, not of all feedback less what is done. Of the model, not of `feedback`:
    a CTE that is read twice is written down first.
#}
wanted as (
    select texts.content_hash
    from {{ ref('int_feedback__deduplicated') }} as texts
    cross join active_model
    left join tagged
        on
            texts.content_hash = tagged.content_hash
            and active_model.model = tagged.model
            and active_model.prompt_hash = tagged.prompt_hash
    where tagged.content_hash is null
    union
    select outdated.content_hash
    from {{ ref('outdated_tags') }} as outdated
    inner join active_model
        on outdated.model = active_model.model
    where outdated.reason is not null
    union
    select requested.content_hash
    from {{ ref('stg_jobs__retag_requests') }} as requested
    inner join active_model
        on requested.model = active_model.model
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
inner join wanted
    on feedback.content_hash = wanted.content_hash
cross join active_model
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
    given_up.content_hash is null
    and batched.content_hash is null
