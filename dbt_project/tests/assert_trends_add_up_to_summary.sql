-- Days, weeks and months are each complete: their feedback adds up to the cluster's.
with trends as (
    select
        cluster_path,
        period,
        sum(count_feedback) as count_feedback
    from {{ ref('cluster_trends') }}
    group by cluster_path, period
),

periods as (
    select distinct period from trends
)

select
    summary.cluster_path,
    periods.period,
    summary.count_feedback,
    trends.count_feedback as count_in_periods
from {{ ref('cluster_summary') }} as summary
cross join periods
left join trends
    on
        summary.cluster_path = trends.cluster_path
        and periods.period = trends.period
where summary.count_feedback <> coalesce(trends.count_feedback, 0)
