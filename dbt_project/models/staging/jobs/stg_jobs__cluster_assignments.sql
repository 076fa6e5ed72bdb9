with source as (
    select * from {{ source('customer_insights', 'cluster_assignments') }}
)

select
    run_id,
    content_hash,
    cluster_path,
    membership_probability,
    x,
    y
from source
