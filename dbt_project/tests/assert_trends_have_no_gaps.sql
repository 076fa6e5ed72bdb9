-- Every period of the grid between the first and the last of a trend is there, for every cluster and category.
with trends as (
    select
        'cluster_trends' as mart,
        cluster_path as theme,
        period,
        period_start
    from {{ ref('cluster_trends') }}
    union all
    select
        'tag_trends' as mart,
        category as theme,
        period,
        period_start
    from {{ ref('tag_trends') }}
),

spans as (
    select
        mart,
        theme,
        period,
        min(period_start) as first_start,
        max(period_start) as last_start,
        count(*) as count_periods
    from trends
    group by mart, theme, period
),

expected as (
    select
        spans.mart,
        spans.theme,
        spans.period,
        spans.count_periods,
        count(grid.period_start) as count_in_grid
    from spans
    left join {{ ref('int_time__periods') }} as grid
        on
            spans.period = grid.period
            and spans.first_start <= grid.period_start
            and spans.last_start >= grid.period_start
    group by spans.mart, spans.theme, spans.period, spans.count_periods
)

select
    mart,
    theme,
    period,
    count_periods,
    count_in_grid
from expected
where count_periods <> count_in_grid
