{# Grain: one row a cluster of the candidate run that has no name yet. #}

with runs as (
    select * from {{ ref('stg_jobs__cluster_runs') }}
    where status = 'candidate'
),

clusters as (
    select * from {{ ref('stg_jobs__clusters') }}
),

keywords as (
    select * from {{ ref('int_clusters__keywords') }}
)

select
    clusters.run_id,
    clusters.cluster_path,
    clusters.parent_path,
    keywords.keywords,
    clusters.depth,
    clusters.count_feedback,
    clusters.is_noise
from clusters
inner join runs
    on clusters.run_id = runs.run_id
left join keywords
    on
        clusters.run_id = keywords.run_id
        and clusters.cluster_path = keywords.cluster_path
where clusters.cluster_name is null
