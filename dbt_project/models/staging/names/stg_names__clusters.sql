with source as (
    select * from {{ ref('cluster_names') }}
)

select
    cluster_key,
    nullif(cluster_name, '') as cluster_name,
    nullif(summary, '') as summary
from source
