with source as (
    select * from {{ source('customer_insights', 'tagged_taxonomies') }}
)

select
    taxonomy_hash,
    category,
    category_hash,
    {{ as_utc('recorded_at') }} as recorded_at
from source
