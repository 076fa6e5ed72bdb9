with source as (
    select * from {{ source('customer_insights', 'erased_feedback') }}
)

select
    feedback_hash,
    job_run_id,
    {{ as_utc('erased_at') }} as erased_at
from source
