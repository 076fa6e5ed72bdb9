{#
    Grain: one row a category that some text carries, with what its figures rest on: the model, the prompt
    where all its tags came of one, the feedback that the tagger was surest of, and how sure it was on average.

    Only tags near the top are put in order: from the hundredth of confidence on that three texts reach. To sort all
    tags of all texts took most of the time.
#}

{% set hundredth = 'cast(floor(tags.confidence * 100) as integer)' %}

with texts as (
    select * from {{ ref('int_feedback__deduplicated') }}
    where {{ is_true('is_canonical') }}
),

scored as (
    select
        tags.category,
        tags.model,
        {{ hundredth }} as hundredth,
        cast(count(*) as bigint) as count_texts,
        {{ total('texts.count_occurrences') }} as count_feedback,
        sum(cast(tags.confidence as decimal(18, 15)) * texts.count_occurrences) as sum_confidence
    from {{ ref('int_tags__current') }} as tags
    inner join texts
        on tags.content_hash = texts.content_hash
    group by tags.category, tags.model, {{ hundredth }}
),

reached as (
    select
        category,
        hundredth,
        sum(count_texts) over (partition by category order by hundredth desc rows unbounded preceding) as count_surer
    from scored
),

floors as (
    select
        category,
        coalesce(max(case when count_surer >= 3 then hundredth end), min(hundredth)) as hundredth
    from reached
    group by category
),

ranked as (
    select
        tags.category,
        feedback.feedback_id,
        row_number() over (
            partition by tags.category order by tags.confidence desc, feedback.feedback_id asc
        ) as evidence_rank
    from {{ ref('int_tags__current') }} as tags
    inner join floors
        on
            tags.category = floors.category
            and {{ hundredth }} >= floors.hundredth
    inner join {{ ref('int_feedback__deduplicated') }} as feedback
        on tags.content_hash = feedback.content_hash
    where {{ is_true('feedback.is_canonical') }}
),

surest as (
    select
        category,
        {{ joined_text('feedback_id', ', ', 'evidence_rank') }} as exemplar_feedback_ids
    from ranked
    where evidence_rank <= 3
    group by category
),

prompts as (
    select
        category,
        min(lowest_prompt_hash) as lowest_prompt_hash,
        max(highest_prompt_hash) as highest_prompt_hash
    from {{ ref('int_tags__by_period') }}
    where category is not null
    group by category
),

means as (
    select
        category,
        max(model) as tagged_by_model,
        {{ as_double('sum(sum_confidence)') }} / {{ as_double(total('count_feedback')) }} as mean_confidence
    from scored
    group by category
)

select
    means.category,
    means.tagged_by_model,
    case when prompts.lowest_prompt_hash = prompts.highest_prompt_hash then prompts.highest_prompt_hash end
        as prompt_hash,
    surest.exemplar_feedback_ids,
    means.mean_confidence
from means
inner join surest
    on means.category = surest.category
left join prompts
    on means.category = prompts.category
