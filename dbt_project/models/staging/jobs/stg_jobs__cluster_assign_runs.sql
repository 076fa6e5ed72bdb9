with source as (
    select * from {{ source('customer_insights', 'cluster_assign_runs') }}
)

select
    job_run_id,
    run_id,
    reason,
    count_texts,
    count_feedback,
    count_noise_texts,
    count_noise_feedback,
    distance_bound,
    noise_share,
    expected_noise_share,
    far_share,
    expected_far_share,
    added_share,
    {{ as_utc('assigned_at') }} as assigned_at
from source
