-- A key names one cluster of a candidate, and every cluster has one.
{{ config(severity=var('gate_severity')) }}

select
    clusters.run_id,
    clusters.cluster_key,
    count(*) as count_clusters
from {{ ref('stg_jobs__clusters') }} as clusters
inner join {{ ref('stg_jobs__cluster_runs') }} as runs
    on clusters.run_id = runs.run_id
where runs.status = 'candidate'
group by clusters.run_id, clusters.cluster_key
having count(*) > 1 or clusters.cluster_key is null
