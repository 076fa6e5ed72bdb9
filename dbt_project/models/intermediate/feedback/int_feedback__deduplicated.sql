{# Grain: one row a feedback. Every duplicate keeps a link to the first occurrence of its text. #}

with feedback as (
    select * from {{ ref('stg_raw__customer_feedback') }}
    {% if as_of_end() %}where created_at < {{ as_of_end() }}{% endif %}
),

ranked as (
    select
        feedback.*,
        row_number() over (
            partition by feedback.content_hash order by feedback.created_at, feedback.feedback_id
        ) as occurrence,
        count(*) over (partition by feedback.content_hash) as count_occurrences
    from feedback
),

canonical as (
    select
        content_hash,
        feedback_id as canonical_feedback_id,
        feedback_text as canonical_text
    from ranked
    where occurrence = 1
)

select
    ranked.feedback_id,
    canonical.canonical_feedback_id,
    ranked.content_hash,
    ranked.customer_id,
    ranked.feedback_text,
    canonical.canonical_text,
    ranked.source,
    ranked.product,
    ranked.attributes,
    ranked.rating,
    ranked.occurrence,
    ranked.count_occurrences,
    {{ flag('ranked.occurrence = 1') }} as is_canonical,
    ranked.created_at,
    ranked.loaded_at,
    ranked.updated_at
from ranked
inner join canonical
    on ranked.content_hash = canonical.content_hash
