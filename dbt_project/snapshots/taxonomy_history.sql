{# Grain: one row a category and version of it. Examples stay out: they may be what a customer wrote. #}
{% snapshot taxonomy_history %}
select
    category,
    parent_category,
    description,
    category_hash,
    is_active
from {{ ref('stg_taxonomy__tag_categories') }}
{% endsnapshot %}
