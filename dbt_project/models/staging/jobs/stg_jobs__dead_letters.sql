with source as (
    select * from {{ source('customer_insights', 'dead_letters') }}
)

select
    job,
    content_hash,
    model,
    job_run_id,
    reason,
    {{ as_utc('failed_at') }} as failed_at
from source
