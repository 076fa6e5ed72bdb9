{#
    Grain: one row a day, ISO week and month, from the first feedback to the last, each as `period` and
    `period_start`: the grid that trends are filled on. At most 100,000 days, so that a single feedback
    of 1970, the date of whoever knows none, takes no other's trend away.
#}

with feedback as (
    select
        cast(min(created_at) as date) as first_day,
        cast(max(created_at) as date) as last_day
    from {{ ref('int_feedback__deduplicated') }}
),

numbers as (
    {{ whole_numbers(places=5) }}
),

days as (
    select
        cast({{ dbt.dateadd('day', 'numbers.n', 'feedback.first_day') }} as date) as day_start
    from feedback
    inner join numbers
        on numbers.n <= {{ dbt.datediff('feedback.first_day', 'feedback.last_day', 'day') }}
),

starts as (
    select
        'day' as period,
        day_start as period_start,
        cast({{ dbt.dateadd('day', 1, 'day_start') }} as date) as next_start
    from days
    union all
    select distinct
        'week' as period,
        {{ week_start('day_start') }} as period_start,
        cast({{ dbt.dateadd('day', 7, week_start('day_start')) }} as date) as next_start
    from days
    union all
    select distinct
        'month' as period,
        {{ month_start('day_start') }} as period_start,
        cast({{ dbt.dateadd('month', 1, month_start('day_start')) }} as date) as next_start
    from days
)

select
    {{ as_key('period') }} as period,
    period_start,
    next_start
from starts
