-- A link never ends at a duplicate, and both ends say the same.
select
    duplicates.feedback_id,
    duplicates.canonical_feedback_id
from {{ ref('int_feedback__deduplicated') }} as duplicates
inner join {{ ref('int_feedback__deduplicated') }} as canonical
    on duplicates.canonical_feedback_id = canonical.feedback_id
where
    not ({{ is_true('canonical.is_canonical') }})
    or canonical.content_hash <> duplicates.content_hash
    or canonical.created_at > duplicates.created_at
