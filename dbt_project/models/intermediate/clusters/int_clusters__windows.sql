{#
    Grain: one row a published cluster and length of window: its feedback of the last `window_days` days of the
    run, of as many days before them, and of all days. The days are counted back from the run's last feedback,
    not from today: the same feedback always gives the same figures.
#}

{% set previous = 'feedback.created_at >= windows.previous_from and feedback.created_at < windows.recent_from' %}

with feedback as (
    select * from {{ ref('int_clusters__feedback_by_level') }}
),

last_days as (
    select cast(max(created_at) as date) as last_day
    from feedback
),

windows as (
    {% for days in var('recent_windows') %}
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
        feedback.cluster_path,
        windows.window_days,
        count(*) as count_feedback,
        {{ total('case when feedback.created_at >= windows.recent_from then 1 else 0 end') }} as count_recent,
        {{ total('case when ' ~ previous ~ ' then 1 else 0 end') }} as count_previous
    from feedback
    cross join windows
    group by feedback.cluster_path, windows.window_days
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
