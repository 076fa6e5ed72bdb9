{#
    Grain: one row a category, period (week, month) and its start, from the first tagged feedback to the last,
    zeros included. Categories as in tag_summary.
#}

with categories as (
    select * from {{ ref('int_taxonomy__categories') }}
),

by_period as (
    select * from {{ ref('int_tags__by_period') }}
),

counted as (
    select * from by_period
    where period in ('week', 'month')
),

days as (
    select
        min(period_start) as first_day,
        max(period_start) as last_day
    from by_period
    where period = 'day' and category is null
),

carried as (
    select distinct category from counted
    where category is not null
),

tagged as (
    select * from counted
    where category is null
),

bounds as (
    select
        period,
        min(period_start) as first_start,
        max(period_start) as last_start
    from tagged
    group by period
),

periods as (
    select
        periods.period,
        periods.period_start,
        {{ is_complete('periods', 'days.first_day', 'days.last_day') }} as is_complete
    from {{ ref('int_time__periods') }} as periods
    cross join days
    inner join bounds
        on
            periods.period = bounds.period
            and periods.period_start >= bounds.first_start
            and periods.period_start <= bounds.last_start
),

evidence as (
    select * from {{ ref('int_tags__evidence') }}
),

filled as (
    select
        categories.category,
        periods.period,
        periods.period_start,
        categories.parent_category,
        evidence.tagged_by_model,
        evidence.prompt_hash,
        coalesce(counted.count_feedback, 0) as count_feedback,
        coalesce(tagged.count_feedback, 0) as count_tagged_feedback,
        coalesce(counted.count_rated, 0) as count_rated,
        {{ ratio('counted.sum_rating', 'counted.count_rated') }} as mean_rating,
        coalesce(counted.count_negative, 0) as count_negative,
        periods.is_complete
    from categories
    cross join periods
    left join carried
        on categories.category = carried.category
    left join evidence
        on categories.category = evidence.category
    left join counted
        on
            categories.category = counted.category
            and periods.period = counted.period
            and periods.period_start = counted.period_start
    left join tagged
        on
            periods.period = tagged.period
            and periods.period_start = tagged.period_start
    where {{ is_true('categories.is_active') }} or carried.category is not null
)

select
    -- ids
    category,
    period,
    period_start,
    parent_category,
    tagged_by_model,
    prompt_hash,

    -- numbers
    count_feedback,
    count_tagged_feedback,
    {{ ratio('count_feedback', 'count_tagged_feedback') }} as share_of_tagged,
    {{ moving_average('count_feedback', 'period', 'period_start', 'category, period') }} as moving_average,
    count_rated,
    mean_rating,
    count_negative,

    -- flags
    is_complete
from filled
