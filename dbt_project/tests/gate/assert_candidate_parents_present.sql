-- Every cluster but the root hangs below one of its own run.
{{ config(severity=var('gate_severity')) }}

select
    clusters.run_id,
    clusters.cluster_path
from {{ ref('stg_jobs__clusters') }} as clusters
inner join {{ ref('stg_jobs__cluster_runs') }} as runs
    on clusters.run_id = runs.run_id
left join {{ ref('stg_jobs__clusters') }} as parents
    on
        clusters.run_id = parents.run_id
        and clusters.parent_path = parents.cluster_path
where
    runs.status = 'candidate'
    and clusters.cluster_path <> 'root'
    and parents.cluster_path is null
