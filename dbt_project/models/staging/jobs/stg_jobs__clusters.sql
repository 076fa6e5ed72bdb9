with source as (
    select * from {{ source('customer_insights', 'clusters') }}
)

select
    run_id,
    cluster_path,
    cluster_key,
    parent_path,
    cluster_name,
    summary,
    named_by_provider,
    named_by_model,
    prompt_hash,
    depth,
    count_texts,
    count_feedback,
    persistence,
    stability,
    is_noise,
    is_leaf,
    {{ as_utc('named_at') }} as named_at
from source
