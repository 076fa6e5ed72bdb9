with source as (
    select * from {{ source('customer_insights', 'cluster_renamings') }}
)

select
    run_id,
    cluster_path,
    job_run_id,
    {{ as_utc('marked_at') }} as marked_at
from source
