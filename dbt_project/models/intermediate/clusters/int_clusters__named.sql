{#
    Grain: one row a cluster of any run, with the name that counts: what people gave wins.
    A view: candidates change between builds.
#}

{{ config(materialized='view') }}

with clusters as (
    select * from {{ ref('stg_jobs__clusters') }}
),

given as (
    select * from {{ ref('stg_names__clusters') }}
)

select
    clusters.run_id,
    clusters.cluster_path,
    clusters.cluster_key,
    clusters.parent_path,
    coalesce(given.cluster_name, clusters.cluster_name) as cluster_name,
    coalesce(given.summary, clusters.summary) as summary,
    case when given.cluster_name is null then clusters.named_by_provider else 'human' end as named_by_provider,
    case when given.cluster_name is null then clusters.named_by_model end as named_by_model,
    case when given.cluster_name is null then clusters.prompt_hash end as prompt_hash,
    clusters.depth,
    clusters.count_texts,
    clusters.persistence,
    clusters.stability,
    clusters.is_noise,
    clusters.is_leaf
from clusters
left join given
    on clusters.cluster_key = given.cluster_key
