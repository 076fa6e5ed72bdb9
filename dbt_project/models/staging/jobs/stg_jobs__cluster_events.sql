with source as (
    select * from {{ source('customer_insights', 'cluster_events') }}
)

select
    run_id,
    event_number,
    previous_run_id,
    cluster_key,
    cluster_path,
    previous_cluster_key,
    previous_cluster_path,
    event,
    count_feedback,
    share_of_previous,
    share_of_cluster,
    share_unseen,
    jaccard
from source
