{#
    Grain: one row a category of the taxonomy: that of now, or with `as_of` that of then. Before the first
    snapshot nobody knows; the oldest version that is known counts. A view: the seed is edited between builds.
#}

{{ config(materialized='view') }}

with categories as (
    select * from {{ ref('stg_taxonomy__tag_categories') }}
),

{% if as_of_then() %}
    versions as (
        select * from {{ ref('taxonomy_history') }}
    ),

    moments as (
        select
            case
                when min(dbt_valid_from) >= {{ as_of_end() }} then min(dbt_valid_from)
                else cast({{ as_of_end() }} as {{ dbt.type_timestamp() }})
            end as known_at
        from versions
    ),

    told as (
        select
            versions.category,
            versions.parent_category,
            versions.description,
            versions.is_active
        from versions
        cross join moments
        where
            versions.dbt_valid_from <= moments.known_at
            and (versions.dbt_valid_to is null or versions.dbt_valid_to > moments.known_at)
    )
{% else %}
    told as (
        select
            category,
            parent_category,
            description,
            is_active
        from categories
    )
{% endif %}

select
    told.category,
    told.parent_category,
    told.description,
    told.is_active,
    {{ flag(is_true('categories.is_active')) }} as is_active_now
from told
left join categories
    on told.category = categories.category
