{# Grain: one row an active category. #}

with categories as (
    select * from {{ ref('stg_taxonomy__tag_categories') }}
)

select
    category,
    parent_category,
    description,
    examples,
    category_hash
from categories
where {{ is_true('is_active') }}
