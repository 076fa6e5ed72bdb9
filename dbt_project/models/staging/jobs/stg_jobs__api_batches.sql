with source as (
    select * from {{ source('customer_insights', 'api_batches') }}
)

select
    batch_id,
    job_run_id,
    job,
    provider,
    host,
    model,
    taxonomy_hash,
    prompt_hash,
    status,
    reason,
    provider_batch_id,
    input_file_id,
    output_file_id,
    error_file_id,
    parameters,
    dimensions,
    count_requests,
    count_items,
    count_completed,
    count_failed,
    {{ as_utc('created_at') }} as created_at,
    {{ as_utc('submitted_at') }} as submitted_at,
    {{ as_utc('checked_at') }} as checked_at,
    {{ as_utc('closed_at') }} as closed_at,
    {{ as_utc('files_deleted_at') }} as files_deleted_at
from source
