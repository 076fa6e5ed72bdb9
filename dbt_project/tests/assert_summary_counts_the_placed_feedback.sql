-- A cluster has the feedback that the wide table shows in it and below: two marts, one number.
with placed as (
    select
        hierarchy.ancestor_path as cluster_path,
        count(*) as count_placed
    from {{ ref('feedback') }} as feedback
    inner join {{ ref('cluster_hierarchy') }} as hierarchy
        on feedback.cluster_path = hierarchy.descendant_path
    group by hierarchy.ancestor_path
)

select
    summary.cluster_path,
    summary.count_feedback,
    placed.count_placed
from {{ ref('cluster_summary') }} as summary
left join placed
    on summary.cluster_path = placed.cluster_path
where summary.count_feedback <> coalesce(placed.count_placed, 0)
