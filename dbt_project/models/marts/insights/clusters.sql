{# Grain: one row a cluster of the published run. #}

with clusters as (
    select * from {{ ref('int_clusters__published') }}
)

select
    -- ids
    cluster_path,
    cluster_key,
    parent_path,
    run_id,

    -- text
    cluster_name,
    summary,
    keywords,
    named_by_provider,
    named_by_model,
    prompt_hash,

    -- numbers
    depth,
    count_texts,
    persistence,
    stability,

    -- flags
    is_noise,
    is_leaf,

    -- timestamps
    published_at
from clusters
