with source as (
    select * from {{ ref('tag_categories') }}
)

select
    category,
    nullif(parent, '') as parent_category,
    description,
    nullif(examples, '') as examples,
    {{ flag("lower(active) = 'true'") }} as is_active
from source
