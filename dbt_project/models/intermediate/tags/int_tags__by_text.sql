{# Grain: one row a text that the active tagging model has read, with no category or with several. #}

with items as (
    select * from {{ ref('stg_jobs__tagged_items') }}
),

active_model as (
    select * from {{ ref('int_models__active') }}
    where kind = 'tagging'
),

tags as (
    select * from {{ ref('int_tags__current') }}
),

categories as (
    select
        content_hash,
        {{ joined_text('category', ', ', 'category_rank') }} as categories,
        count(*) as count_categories,
        max(case when category_rank = 1 then category end) as main_category
    from tags
    group by content_hash
)

select
    items.content_hash,
    items.model as tagged_by_model,
    items.provider as tagged_by_provider,
    items.prompt_hash,
    items.sentiment,
    categories.main_category,
    categories.categories,
    coalesce(categories.count_categories, 0) as count_categories,
    items.tagged_at
from items
inner join active_model
    on items.model = active_model.model
left join categories
    on items.content_hash = categories.content_hash
