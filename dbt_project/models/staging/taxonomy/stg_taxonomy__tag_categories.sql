{% set separator = codepoint(31) %}

with source as (
    select * from {{ ref('tag_categories') }}
)

select
    category,
    nullif(parent, '') as parent_category,
    description,
    nullif(examples, '') as examples,
    {{ sha256_hex(dbt.concat([
        'category', separator, "coalesce(parent, '')",
        separator, as_exact("coalesce(description, '')"), separator, as_exact("coalesce(examples, '')")
    ])) }} as category_hash,
    {{ flag("lower(active) = 'true'") }} as is_active
from source
