-- The earlier first, never a copy of the same text, never the same pair the other way round.
select
    pairs.feedback_id,
    pairs.first_feedback_id
from {{ ref('near_duplicates') }} as pairs
inner join {{ ref('int_feedback__deduplicated') }} as later
    on pairs.feedback_id = later.feedback_id
inner join {{ ref('int_feedback__deduplicated') }} as earlier
    on pairs.first_feedback_id = earlier.feedback_id
left join {{ ref('near_duplicates') }} as turned
    on
        pairs.feedback_id = turned.first_feedback_id
        and pairs.first_feedback_id = turned.feedback_id
where
    later.content_hash = earlier.content_hash
    or earlier.created_at > later.created_at
    or turned.feedback_id is not null
