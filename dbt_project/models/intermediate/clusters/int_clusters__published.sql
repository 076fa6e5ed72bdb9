{# Grain: one row a cluster of the published run. #}

with runs as (
    select * from {{ ref('stg_jobs__cluster_runs') }}
    where status = 'published'
),

clusters as (
    select * from {{ ref('int_clusters__named') }}
),

keywords as (
    select * from {{ ref('int_clusters__keywords') }}
)

select
    clusters.run_id,
    clusters.cluster_path,
    clusters.cluster_key,
    clusters.parent_path,
    clusters.cluster_name,
    clusters.summary,
    keywords.keywords,
    clusters.named_by_provider,
    clusters.named_by_model,
    clusters.prompt_hash,
    clusters.depth,
    clusters.count_texts,
    clusters.persistence,
    clusters.stability,
    clusters.is_noise,
    clusters.is_leaf,
    runs.published_at
from clusters
inner join runs
    on clusters.run_id = runs.run_id
left join keywords
    on
        clusters.run_id = keywords.run_id
        and clusters.cluster_path = keywords.cluster_path
