{#
    Grain: one row a feedback. Every duplicate keeps a link to the first occurrence of its text. All in one pass over
    the feedback in the order of its texts: joining it with its first occurrences took twice as long.
#}

{% set occurrences = 'over (partition by content_hash order by created_at, feedback_id)' %}

with feedback as (
    select * from {{ ref('stg_raw__customer_feedback') }}
    {% if as_of_end() %}where created_at < {{ as_of_end() }}{% endif %}
),

ranked as (
    select
        *,
        first_value(feedback_id) {{ occurrences }} as canonical_feedback_id,
        first_value(feedback_text) {{ occurrences }} as canonical_text,
        row_number() {{ occurrences }} as occurrence,
        count(*) over (partition by content_hash) as count_occurrences
    from feedback
)

select
    feedback_id,
    canonical_feedback_id,
    content_hash,
    customer_id,
    feedback_text,
    canonical_text,
    source,
    product,
    language,
    attributes,
    rating,
    occurrence,
    count_occurrences,
    {{ flag('occurrence = 1') }} as is_canonical,
    created_at,
    loaded_at,
    updated_at
from ranked
