{#
    Grain: one row a category that some text carries, with what its figures rest on: the model, the prompt
    where all its tags came of one, the feedback that the tagger was surest of, and how sure it was on average.
#}

with tags as (
    select * from {{ ref('int_tags__current') }}
),

items as (
    select * from {{ ref('int_tags__by_text') }}
),

texts as (
    select * from {{ ref('int_feedback__deduplicated') }}
    where {{ is_true('is_canonical') }}
),

ranked as (
    select
        tags.category,
        tags.model,
        tags.confidence,
        items.prompt_hash,
        texts.feedback_id,
        texts.count_occurrences,
        row_number() over (
            partition by tags.category order by tags.confidence desc, texts.feedback_id asc
        ) as evidence_rank
    from tags
    inner join texts
        on tags.content_hash = texts.content_hash
    inner join items
        on tags.content_hash = items.content_hash
)

select
    category,
    max(model) as tagged_by_model,
    case when min(prompt_hash) = max(prompt_hash) then max(prompt_hash) end as prompt_hash,
    {{ joined_text('case when evidence_rank <= 3 then feedback_id end', ', ', 'evidence_rank') }}
        as exemplar_feedback_ids,
    {{ as_double('sum(cast(confidence as decimal(18, 15)) * count_occurrences)') }}
    / {{ as_double(total('count_occurrences')) }} as mean_confidence
from ranked
group by category
