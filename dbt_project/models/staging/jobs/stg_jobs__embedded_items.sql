with source as (
    select * from {{ source('customer_insights', 'embedded_items') }}
)

select
    content_hash,
    feedback_id,
    job_run_id,
    model,
    provider,
    long_text,
    dimensions,
    {{ as_utc('embedded_at') }} as embedded_at
from source
