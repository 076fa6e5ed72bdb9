with source as (
    select * from {{ source('customer_insights', 'cluster_keywords') }}
)

select
    run_id,
    cluster_path,
    keyword,
    keyword_rank,
    score
from source
