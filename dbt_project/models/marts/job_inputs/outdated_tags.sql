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

in_use as (
    select distinct taxonomy_hash from {{ ref('stg_jobs__tagged_items') }}
),

by_taxonomy as (
    select
        taxonomy_hash,
        max(case when change = 'removed' then 0 else 1 end) as has_new_content
    from changes
    group by taxonomy_hash
),

{# Most days none: what follows then reads no text. #}
other_taxonomies as (
    select
        in_use.taxonomy_hash,
        by_taxonomy.has_new_content,
        case when recorded.taxonomy_hash is null then 1 else 0 end as is_unknown
    from in_use
    left join recorded
        on in_use.taxonomy_hash = recorded.taxonomy_hash
    left join by_taxonomy
        on in_use.taxonomy_hash = by_taxonomy.taxonomy_hash
    where recorded.taxonomy_hash is null or by_taxonomy.taxonomy_hash is not null
),

read_items as (
    select
        items.content_hash,
        items.model,
        items.taxonomy_hash,
        other_taxonomies.has_new_content,
        other_taxonomies.is_unknown
    from items
    inner join active_model
        on
            items.model = active_model.model
            and items.prompt_hash = active_model.prompt_hash
    inner join other_taxonomies
        on items.taxonomy_hash = other_taxonomies.taxonomy_hash
),

{# A text in a category for want of a better one is concerned by a new sub-category. #}
tagged as (
    select
        read_items.content_hash,
        read_items.model,
        max(case when changes.taxonomy_hash is null then 0 else 1 end) as is_touched
    from read_items
    inner join tags
        on
            read_items.content_hash = tags.content_hash
            and read_items.model = tags.model
    left join changes
        on
            read_items.taxonomy_hash = changes.taxonomy_hash
            and tags.category = case
                when changes.change = 'added' then changes.parent_category
                else changes.category
            end
    group by read_items.content_hash, read_items.model
)

select
    read_items.content_hash,
    read_items.model,
    read_items.taxonomy_hash,
    case
        when read_items.is_unknown = 1 then 'unknown_taxonomy'
        when tagged.is_touched = 1 then 'tagged'
        when read_items.has_new_content = 1 and tagged.content_hash is null then 'untagged'
    end as reason
from read_items
left join tagged
    on
        read_items.content_hash = tagged.content_hash
        and read_items.model = tagged.model
