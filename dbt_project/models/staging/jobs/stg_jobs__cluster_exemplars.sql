with source as (
    select * from {{ source('customer_insights', 'cluster_exemplars') }}
)

select
    run_id,
    cluster_path,
    content_hash,
    exemplar_rank
from source
