with source as (
    select * from {{ source('customer_insights', 'tagged_items') }}
)

select
    content_hash,
    feedback_id,
    job_run_id,
    model,
    provider,
    taxonomy_hash,
    prompt_hash,
    sentiment,
    {{ as_utc('tagged_at') }} as tagged_at
from source
