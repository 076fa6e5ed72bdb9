{#
    Grain: one row a pair of distinct texts that share most of their words, named by the first feedback of each; the
    later one first.
#}

with alike as (
    select * from {{ ref('int_feedback__similar_texts') }}
),

members as (
    select content_hash from alike
    union
    select similar_hash as content_hash from alike
),

{# Few of all texts: what follows joins only these. #}
texts as (
    select feedback.*
    from {{ ref('int_feedback__deduplicated') }} as feedback
    inner join members
        on feedback.content_hash = members.content_hash
    where {{ is_true('feedback.is_canonical') }}
),

by_age as (
    select
        alike.*,
        case
            when lefts.created_at < rights.created_at then alike.content_hash
            when lefts.created_at = rights.created_at and lefts.feedback_id < rights.feedback_id
                then alike.content_hash
            else alike.similar_hash
        end as earlier_hash
    from alike
    inner join texts as lefts
        on alike.content_hash = lefts.content_hash
    inner join texts as rights
        on alike.similar_hash = rights.content_hash
),

ordered as (
    select
        *,
        case when earlier_hash = content_hash then similar_hash else content_hash end as later_hash
    from by_age
)

select
    -- ids
    later.feedback_id,
    earlier.feedback_id as first_feedback_id,

    -- text
    later.feedback_text,
    earlier.feedback_text as first_feedback_text,

    -- numbers
    ordered.count_shared_words,
    ordered.word_overlap,
    later.count_occurrences,
    earlier.count_occurrences as count_first_occurrences,

    -- flags
    {{ flag('later.customer_id = earlier.customer_id') }} as is_same_customer,

    -- timestamps
    later.created_at,
    earlier.created_at as first_created_at
from ordered
inner join texts as earlier
    on ordered.earlier_hash = earlier.content_hash
inner join texts as later
    on ordered.later_hash = later.content_hash
