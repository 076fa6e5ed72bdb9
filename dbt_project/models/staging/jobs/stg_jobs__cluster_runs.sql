with source as (
    select * from {{ source('customer_insights', 'cluster_runs') }}
)

select
    run_id,
    job_run_id,
    previous_run_id,
    input_hash,
    status,
    status_reason,
    method,
    parameters,
    library_versions,
    embedding_model,
    embedding_dimensions,
    count_feedback,
    count_texts,
    noise_share,
    continuity,
    start_date,
    end_date,
    {{ as_utc('created_at') }} as created_at,
    {{ as_utc('published_at') }} as published_at
from source
