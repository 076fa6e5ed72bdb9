-- Every cluster of a candidate has a name.
{{ config(severity=var('gate_severity')) }}

select
    clusters.run_id,
    clusters.cluster_path
from {{ ref('stg_jobs__clusters') }} as clusters
inner join {{ ref('stg_jobs__cluster_runs') }} as runs
    on clusters.run_id = runs.run_id
where
    runs.status = 'candidate'
    and (clusters.cluster_name is null or clusters.cluster_name = '')
