with source as (
    select * from {{ source('customer_insights', 'job_runs') }}
)

select
    job_run_id,
    job,
    status,
    provider,
    model,
    counts,
    error,
    {{ as_utc('started_at') }} as started_at,
    {{ as_utc('finished_at') }} as finished_at,
    {{ as_utc('alive_until') }} as alive_until
from source
