{# Grain: one row a category: the active ones, and retired ones that some feedback still carries. #}

with categories as (
    select * from {{ ref('stg_taxonomy__tag_categories') }}
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
    coalesce(totals.count_feedback, 0) as count_feedback,
    {{ ratio('coalesce(totals.count_feedback, 0)', 'tagged_total.count_feedback') }} as share_of_tagged,
    coalesce(totals.count_rated, 0) as count_rated,
    totals.mean_rating,
    totals.mean_confidence,
    coalesce(totals.count_positive, 0) as count_positive,
    coalesce(totals.count_negative, 0) as count_negative,

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
