with source as (
    select * from {{ source('customer_insights', 'feedback_tags') }}
)

select
    content_hash,
    model,
    category,
    confidence,
    rationale
from source
