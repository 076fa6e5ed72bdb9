with source as (
    select * from {{ source('customer_insights', 'cluster_assignments') }}
)

select
    run_id,
    content_hash,
    cluster_path,
    membership_probability,
    noise_score,
    x,
    y,
    {{ as_utc('assigned_at') }} as assigned_at
from source
