{#
    Grain: one row a cluster, period (day, ISO week, month) and its start, from the first feedback in the run
    to the last, zeros included.
#}

with clusters as (
    select * from {{ ref('int_clusters__published') }}
),

counted as (
    select * from {{ ref('int_clusters__by_period') }}
),

all_feedback as (
    select * from counted
    where cluster_path = 'root'
),

bounds as (
    select
        period,
        min(period_start) as first_start,
        max(period_start) as last_start
    from all_feedback
    group by period
),

periods as (
    select
        periods.period,
        periods.period_start,
        {{ is_complete('periods', 'days.first_start', 'days.last_start') }} as is_complete
    from {{ ref('int_time__periods') }} as periods
    inner join bounds as days
        on days.period = 'day'
    inner join bounds
        on
            periods.period = bounds.period
            and periods.period_start >= bounds.first_start
            and periods.period_start <= bounds.last_start
),

filled as (
    select
        clusters.cluster_path,
        periods.period,
        periods.period_start,
        clusters.cluster_key,
        clusters.run_id,
        clusters.cluster_name,
        clusters.depth,
        coalesce(counted.count_feedback, 0) as count_feedback,
        coalesce(all_feedback.count_feedback, 0) as count_all_feedback,
        coalesce(counted.count_rated, 0) as count_rated,
        {{ ratio('counted.sum_rating', 'counted.count_rated') }} as mean_rating,
        periods.is_complete
    from clusters
    cross join periods
    left join counted
        on
            clusters.cluster_path = counted.cluster_path
            and periods.period = counted.period
            and periods.period_start = counted.period_start
    left join all_feedback
        on
            periods.period = all_feedback.period
            and periods.period_start = all_feedback.period_start
)

select
    -- ids
    cluster_path,
    period,
    period_start,
    cluster_key,
    run_id,

    -- text
    cluster_name,

    -- numbers
    depth,
    count_feedback,
    count_all_feedback,
    {{ ratio('count_feedback', 'count_all_feedback') }} as share_of_all,
    {{ moving_average('count_feedback', 'period', 'period_start', 'cluster_path, period') }} as moving_average,
    count_rated,
    mean_rating,

    -- flags
    is_complete
from filled
