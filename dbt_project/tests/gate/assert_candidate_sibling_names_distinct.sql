-- Nobody can choose between two siblings of one name.
{{ config(severity=var('gate_severity')) }}

select
    clusters.run_id,
    clusters.parent_path,
    lower(clusters.cluster_name) as cluster_name,
    count(*) as count_clusters
from {{ ref('stg_jobs__clusters') }} as clusters
inner join {{ ref('stg_jobs__cluster_runs') }} as runs
    on clusters.run_id = runs.run_id
where runs.status = 'candidate'
group by clusters.run_id, clusters.parent_path, lower(clusters.cluster_name)
having count(*) > 1
