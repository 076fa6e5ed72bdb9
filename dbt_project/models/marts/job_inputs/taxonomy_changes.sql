{#
    Grain: one row a taxonomy that texts were read under and a category in which it differs from the
    taxonomy of today.
#}

with categories as (
    select * from {{ ref('stg_taxonomy__tag_categories') }}
    where {{ is_true('is_active') }}
),

recorded as (
    select * from {{ ref('stg_jobs__tagged_taxonomies') }}
),

in_use as (
    select distinct taxonomy_hash from {{ ref('stg_jobs__tagged_items') }}
),

known as (
    select
        recorded.taxonomy_hash,
        recorded.category,
        recorded.category_hash
    from recorded
    inner join in_use
        on recorded.taxonomy_hash = in_use.taxonomy_hash
),

readings as (
    select distinct taxonomy_hash from known
)

select
    known.taxonomy_hash,
    known.category,
    categories.parent_category,
    case when categories.category is null then 'removed' else 'changed' end as change
from known
left join categories
    on known.category = categories.category
where categories.category is null or known.category_hash <> categories.category_hash

union all

select
    readings.taxonomy_hash,
    categories.category,
    categories.parent_category,
    'added' as change
from readings
cross join categories
left join known
    on
        readings.taxonomy_hash = known.taxonomy_hash
        and categories.category = known.category
where known.category is null
