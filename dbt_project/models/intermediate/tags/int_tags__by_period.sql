{#
    Grain: one row a category and day, ISO week or month in which feedback carries it; and one a period in
    which any feedback was tagged, where the category is null.
#}

{% set periods = [
    ('day', 'cast(created_at as date)'), ('week', week_start('created_at')), ('month', month_start('created_at'))
] %}

with feedback as (
    select
        feedback.feedback_id,
        feedback.content_hash,
        feedback.rating,
        feedback.created_at,
        items.sentiment
    from {{ ref('int_feedback__deduplicated') }} as feedback
    inner join {{ ref('int_tags__by_text') }} as items
        on feedback.content_hash = items.content_hash
),

tags as (
    select * from {{ ref('int_tags__current') }}
),

carried as (
    select
        tags.category,
        feedback.rating,
        feedback.sentiment,
        feedback.created_at
    from feedback
    inner join tags
        on feedback.content_hash = tags.content_hash
    union all
    select
        {{ as_key('null') }} as category,
        rating,
        sentiment,
        created_at
    from feedback
),

counted as (
    {% for period, start in periods %}
        select
            '{{ period }}' as period,
            category,
            {{ start }} as period_start,
            count(*) as count_feedback,
            count(rating) as count_rated,
            {{ average('rating') }} as mean_rating,
            {{ total("case when sentiment in ('negative', 'very negative') then 1 else 0 end") }} as count_negative
        from carried
        group by category, {{ start }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    category,
    {{ as_key('period') }} as period,
    period_start,
    count_feedback,
    count_rated,
    mean_rating,
    count_negative
from counted
