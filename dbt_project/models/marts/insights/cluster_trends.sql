{# Grain: one row a cluster and ISO week, from the first week with feedback to the last, zeros included. #}

with clusters as (
    select * from {{ ref('int_clusters__published') }}
),

feedback_by_level as (
    select
        cluster_path,
        rating,
        {{ week_start('created_at') }} as week_start
    from {{ ref('int_clusters__feedback_by_level') }}
),

bounds as (
    select
        min(week_start) as first_week,
        max(week_start) as last_week
    from feedback_by_level
),

numbers as (
    {{ whole_numbers() }}
),

weeks as (
    select cast({{ dbt.dateadd('day', '7 * numbers.n', 'bounds.first_week') }} as date) as week_start
    from bounds
    inner join numbers
        on 7 * numbers.n <= {{ dbt.datediff('bounds.first_week', 'bounds.last_week', 'day') }}
),

counted as (
    select
        cluster_path,
        week_start,
        count(*) as count_feedback,
        count(rating) as count_rated,
        {{ average('rating') }} as mean_rating
    from feedback_by_level
    group by cluster_path, week_start
),

all_feedback as (
    select * from counted
    where cluster_path = 'root'
)

select
    -- ids
    clusters.cluster_path,
    weeks.week_start,
    clusters.cluster_key,
    clusters.run_id,

    -- text
    clusters.cluster_name,

    -- numbers
    clusters.depth,
    coalesce(counted.count_feedback, 0) as count_feedback,
    {{ ratio('coalesce(counted.count_feedback, 0)', 'all_feedback.count_feedback') }} as share_of_week,
    coalesce(counted.count_rated, 0) as count_rated,
    counted.mean_rating
from clusters
cross join weeks
left join counted
    on
        clusters.cluster_path = counted.cluster_path
        and weeks.week_start = counted.week_start
left join all_feedback
    on weeks.week_start = all_feedback.week_start
