{#
    Grain: one row a published cluster and day, ISO week or month in which it has feedback. Feedback is counted
    once, a day at a time in the deepest cluster that it reached; clusters above, weeks and months add up.
#}

with feedback as (
    select * from {{ ref('int_clusters__assigned_feedback') }}
),

ancestry as (
    select * from {{ ref('int_clusters__ancestry') }}
),

placed as (
    select
        cluster_path,
        cast(created_at as date) as created_on,
        count(*) as count_feedback,
        count(rating) as count_rated,
        sum(cast(rating as decimal(12, 3))) as sum_rating
    from feedback
    group by cluster_path, cast(created_at as date)
),

days as (
    select
        ancestry.ancestor_path as cluster_path,
        placed.created_on,
        {{ total('placed.count_feedback') }} as count_feedback,
        {{ total('placed.count_rated') }} as count_rated,
        sum(placed.sum_rating) as sum_rating
    from placed
    inner join ancestry
        on placed.cluster_path = ancestry.descendant_path
    group by ancestry.ancestor_path, placed.created_on
),

dated as (
    select
        days.*,
        periods.period,
        {{ period_start('periods.period', 'days.created_on') }} as period_start
    from days
    cross join (values ('week'), ('month')) as periods (period)
),

added_up as (
    select
        cluster_path,
        'day' as period,
        created_on as period_start,
        count_feedback,
        count_rated,
        sum_rating
    from days
    union all
    select
        cluster_path,
        period,
        period_start,
        {{ total('count_feedback') }} as count_feedback,
        {{ total('count_rated') }} as count_rated,
        sum(sum_rating) as sum_rating
    from dated
    group by cluster_path, period, period_start
)

select
    cluster_path,
    {{ as_key('period') }} as period,
    period_start,
    count_feedback,
    count_rated,
    sum_rating
from added_up
