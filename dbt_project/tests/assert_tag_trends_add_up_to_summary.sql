-- Weeks and months are each complete: their feedback adds up to the category's.
with trends as (
    select
        category,
        period,
        sum(count_feedback) as count_feedback
    from {{ ref('tag_trends') }}
    group by category, period
),

periods as (
    select distinct period from trends
)

select
    summary.category,
    periods.period,
    summary.count_feedback,
    trends.count_feedback as count_in_periods
from {{ ref('tag_summary') }} as summary
cross join periods
left join trends
    on
        summary.category = trends.category
        and periods.period = trends.period
where summary.count_feedback <> coalesce(trends.count_feedback, -1)
