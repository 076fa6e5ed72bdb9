{#
    Grain: one row a category that some text carries, with what its figures rest on: the model, the prompt
    where all its tags came of one, and the feedback that the tagger was surest of.
#}

with tags as (
    select * from {{ ref('int_tags__current') }}
),

items as (
    select * from {{ ref('stg_jobs__tagged_items') }}
),

texts as (
    select * from {{ ref('int_feedback__deduplicated') }}
    where {{ is_true('is_canonical') }}
),

ranked as (
    select
        tags.category,
        tags.model,
        items.prompt_hash,
        texts.feedback_id,
        row_number() over (
            partition by tags.category order by tags.confidence desc, texts.feedback_id asc
        ) as evidence_rank
    from tags
    inner join texts
        on tags.content_hash = texts.content_hash
    inner join items
        on
            tags.content_hash = items.content_hash
            and tags.model = items.model
)

select
    category,
    max(model) as tagged_by_model,
    case when min(prompt_hash) = max(prompt_hash) then max(prompt_hash) end as prompt_hash,
    {{ joined_text('case when evidence_rank <= 3 then feedback_id end', ', ', 'evidence_rank') }}
        as exemplar_feedback_ids
from ranked
group by category
