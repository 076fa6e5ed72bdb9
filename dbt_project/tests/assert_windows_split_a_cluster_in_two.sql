-- Recent and earlier feedback together are the cluster's, in every window.
select
    movements.cluster_path,
    movements.window_days,
    movements.count_recent,
    movements.count_earlier,
    summary.count_feedback
from {{ ref('emerging_clusters') }} as movements
inner join {{ ref('cluster_summary') }} as summary
    on movements.cluster_path = summary.cluster_path
where movements.count_recent + movements.count_earlier <> summary.count_feedback
