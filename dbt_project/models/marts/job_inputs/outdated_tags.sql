{#
    Grain: one row a text that the active tagging model read, under the active prompt, with another
    taxonomy than that of today. `reason` says why the difference concerns it by what it is tagged
    with; where that is null, only nearness to a category that was added or changed can make it
    concern the text, and nearness is for `insights tag` to find out.
#}

with active_model as (
    select * from {{ ref('int_models__active') }}
    where kind = 'tagging'
),

items as (
    select * from {{ ref('stg_jobs__tagged_items') }}
),

tags as (
    select * from {{ ref('stg_jobs__feedback_tags') }}
),

changes as (
    select * from {{ ref('taxonomy_changes') }}
),

recorded as (
    select distinct taxonomy_hash from {{ ref('stg_jobs__tagged_taxonomies') }}
),

by_taxonomy as (
    select
        taxonomy_hash,
        max(case when change = 'removed' then 0 else 1 end) as has_new_content
    from changes
    group by taxonomy_hash
),

read_items as (
    select
        items.content_hash,
        items.model,
        items.taxonomy_hash
    from items
    inner join active_model
        on
            items.model = active_model.model
            and items.prompt_hash = active_model.prompt_hash
),

{# A text in a category for want of a better one is concerned by a new sub-category. #}
touched as (
    select distinct
        read_items.content_hash,
        read_items.model
    from read_items
    inner join tags
        on
            read_items.content_hash = tags.content_hash
            and read_items.model = tags.model
    inner join changes
        on
            read_items.taxonomy_hash = changes.taxonomy_hash
            and tags.category = case
                when changes.change = 'added' then changes.parent_category
                else changes.category
            end
),

has_tags as (
    select distinct
        content_hash,
        model
    from tags
)

select
    read_items.content_hash,
    read_items.model,
    read_items.taxonomy_hash,
    case
        when recorded.taxonomy_hash is null then 'unknown_taxonomy'
        when touched.content_hash is not null then 'tagged'
        when by_taxonomy.has_new_content = 1 and has_tags.content_hash is null then 'untagged'
    end as reason
from read_items
left join recorded
    on read_items.taxonomy_hash = recorded.taxonomy_hash
left join by_taxonomy
    on read_items.taxonomy_hash = by_taxonomy.taxonomy_hash
left join touched
    on
        read_items.content_hash = touched.content_hash
        and read_items.model = touched.model
left join has_tags
    on
        read_items.content_hash = has_tags.content_hash
        and read_items.model = has_tags.model
where recorded.taxonomy_hash is null or by_taxonomy.taxonomy_hash is not null
