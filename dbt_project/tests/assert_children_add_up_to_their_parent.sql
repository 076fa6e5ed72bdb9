-- What a cluster holds is what its children hold, noise included.
with summary as (
    select * from {{ ref('cluster_summary') }}
),

children as (
    select
        parent_path,
        sum(count_feedback) as count_feedback
    from summary
    group by parent_path
)

select
    summary.cluster_path,
    summary.count_feedback,
    children.count_feedback as count_in_children
from summary
inner join children
    on summary.cluster_path = children.parent_path
where summary.count_feedback <> children.count_feedback
