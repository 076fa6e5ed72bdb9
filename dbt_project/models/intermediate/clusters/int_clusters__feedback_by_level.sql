{# Grain: one row a placed feedback and cluster that holds it, from the root down to the deepest. #}

with feedback as (
    select * from {{ ref('int_clusters__assigned_feedback') }}
),

ancestry as (
    select * from {{ ref('int_clusters__ancestry') }}
)

select
    feedback.feedback_id,
    ancestry.ancestor_path as cluster_path,
    ancestry.ancestor_depth as depth,
    feedback.content_hash,
    feedback.source,
    feedback.product,
    feedback.rating,
    feedback.membership_probability,
    feedback.created_at,
    feedback.assigned_at
from feedback
inner join ancestry
    on feedback.cluster_path = ancestry.descendant_path
