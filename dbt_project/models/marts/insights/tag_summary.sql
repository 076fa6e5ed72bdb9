{#
    Grain: one row a category: the active ones, and retired ones that some feedback still carries. With `as_of`,
    figures of a category that was active then and is not now, and that no text carries any more, are null: its
    tags were taken away since, which is not the same as none.
#}

{% set known = is_true('categories.is_active_now') ~ ' or totals.category is not null' %}

with categories as (
    select * from {{ ref('int_taxonomy__categories') }}
),

feedback as (
    select * from {{ ref('int_feedback__deduplicated') }}
),

items as (
    select * from {{ ref('int_tags__by_text') }}
),

tags as (
    select * from {{ ref('int_tags__current') }}
),

tagged_total as (
    select count(*) as count_feedback
    from feedback
    inner join items
        on feedback.content_hash = items.content_hash
),

totals as (
    select
        tags.category,
        count(*) as count_feedback,
        count(feedback.rating) as count_rated,
        {{ average('feedback.rating') }} as mean_rating,
        {{ average('tags.confidence') }} as mean_confidence,
        {{ total("case when items.sentiment in ('positive', 'very positive') then 1 else 0 end") }} as count_positive,
        {{ total("case when items.sentiment in ('negative', 'very negative') then 1 else 0 end") }} as count_negative,
        min(feedback.created_at) as first_seen_at,
        max(feedback.created_at) as last_seen_at
    from tags
    inner join items
        on tags.content_hash = items.content_hash
    inner join feedback
        on tags.content_hash = feedback.content_hash
    group by tags.category
)

select
    -- ids
    categories.category,
    categories.parent_category,

    -- text
    categories.description,

    -- numbers
    case when {{ known }} then coalesce(totals.count_feedback, 0) end as count_feedback,
    {{ ratio('case when ' ~ known ~ ' then coalesce(totals.count_feedback, 0) end', 'tagged_total.count_feedback') }}
        as share_of_tagged,
    case when {{ known }} then coalesce(totals.count_rated, 0) end as count_rated,
    totals.mean_rating,
    totals.mean_confidence,
    case when {{ known }} then coalesce(totals.count_positive, 0) end as count_positive,
    case when {{ known }} then coalesce(totals.count_negative, 0) end as count_negative,

    -- flags
    categories.is_active,

    -- timestamps
    totals.first_seen_at,
    totals.last_seen_at
from categories
cross join tagged_total
left join totals
    on categories.category = totals.category
where {{ is_true('categories.is_active') }} or totals.category is not null
