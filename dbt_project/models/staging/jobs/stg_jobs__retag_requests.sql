with source as (
    select * from {{ source('customer_insights', 'retag_requests') }}
)

select
    content_hash,
    job_run_id,
    model,
    reason,
    {{ as_utc('requested_at') }} as requested_at
from source
