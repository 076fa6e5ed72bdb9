with source as (
    select * from {{ source('customer_insights', 'api_batch_items') }}
)

select
    batch_id,
    custom_id,
    content_hash,
    feedback_id,
    status,
    line_position,
    count_inputs,
    count_in_line,
    {{ as_utc('settled_at') }} as settled_at
from source
