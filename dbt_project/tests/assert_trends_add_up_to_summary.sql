-- Weeks are complete: their feedback adds up to the cluster's.
with trends as (
    select
        cluster_path,
        sum(count_feedback) as count_feedback
    from {{ ref('cluster_trends') }}
    group by cluster_path
)

select
    summary.cluster_path,
    summary.count_feedback,
    trends.count_feedback as count_in_weeks
from {{ ref('cluster_summary') }} as summary
left join trends
    on summary.cluster_path = trends.cluster_path
where summary.count_feedback <> coalesce(trends.count_feedback, 0)
