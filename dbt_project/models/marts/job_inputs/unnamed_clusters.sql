{#
    Grain: one row a cluster that waits for a name: of the candidate run, because it has none yet; of the
    candidate or the published run, because an erasure took what its name or summary leaned on.
#}

with runs as (
    select * from {{ ref('stg_jobs__cluster_runs') }}
    where status in ('candidate', 'published')
),

clusters as (
    select * from {{ ref('stg_jobs__clusters') }}
),

keywords as (
    select * from {{ ref('int_clusters__keywords') }}
),

renamings as (
    select * from {{ ref('stg_jobs__cluster_renamings') }}
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
left join renamings
    on
        clusters.run_id = renamings.run_id
        and clusters.cluster_path = renamings.cluster_path
where
    (runs.status = 'candidate' and clusters.cluster_name is null)
    or clusters.named_at <= renamings.marked_at
