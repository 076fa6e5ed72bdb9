{#
    Grain: one row a published cluster and length of window: its feedback of the last `window_days` days of the
    run, of as many days before them, and of all days. The days are counted back from the run's last feedback,
    not from today: the same feedback always gives the same figures.
#}

{% set recent = 'days.period_start >= windows.recent_from' %}
{% set previous = 'days.period_start >= windows.previous_from and not ' ~ recent %}

with days as (
    select
        cluster_path,
        period_start,
        count_feedback
    from {{ ref('int_clusters__by_period') }}
    where period = 'day'
),

last_days as (
    select max(period_start) as last_day
    from days
),

windows as (
    {% for days in recent_windows() %}
        select
            {{ days }} as window_days,
            last_day,
            cast({{ dbt.dateadd('day', 1 - days, 'last_day') }} as date) as recent_from,
            cast({{ dbt.dateadd('day', 1 - 2 * days, 'last_day') }} as date) as previous_from
        from last_days
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

counted as (
    select
        days.cluster_path,
        windows.window_days,
        {{ total('days.count_feedback') }} as count_feedback,
        {{ total('case when ' ~ recent ~ ' then days.count_feedback else 0 end') }} as count_recent,
        {{ total('case when ' ~ previous ~ ' then days.count_feedback else 0 end') }} as count_previous
    from days
    cross join windows
    group by days.cluster_path, windows.window_days
)

select
    counted.cluster_path,
    counted.window_days,
    counted.count_feedback,
    counted.count_recent,
    counted.count_previous,
    totals.count_feedback as count_all_feedback,
    totals.count_recent as count_all_recent,
    totals.count_previous as count_all_previous,
    windows.previous_from,
    windows.recent_from,
    windows.last_day
from counted
inner join windows
    on counted.window_days = windows.window_days
inner join counted as totals
    on
        totals.cluster_path = 'root'
        and counted.window_days = totals.window_days
