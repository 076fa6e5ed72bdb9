{# Grain: one row a published cluster and day, ISO week or month in which it has feedback. #}

{% set periods = [
    ('day', 'cast(created_at as date)'), ('week', week_start('created_at')), ('month', month_start('created_at'))
] %}

with feedback as (
    select * from {{ ref('int_clusters__feedback_by_level') }}
),

counted as (
    {% for period, start in periods %}
        select
            '{{ period }}' as period,
            cluster_path,
            {{ start }} as period_start,
            count(*) as count_feedback,
            count(rating) as count_rated,
            {{ average('rating') }} as mean_rating
        from feedback
        group by cluster_path, {{ start }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    cluster_path,
    {{ as_key('period') }} as period,
    period_start,
    count_feedback,
    count_rated,
    mean_rating
from counted
