with source as (
    select * from {{ source('customer_insights', 'api_usage') }}
)

select
    request_id,
    job_run_id,
    job,
    provider,
    model,
    status,
    mode,
    count_items,
    input_tokens,
    output_tokens,
    cached_tokens,
    latency_seconds,
    retries,
    cost_usd,
    {{ as_utc('requested_at') }} as requested_at
from source
