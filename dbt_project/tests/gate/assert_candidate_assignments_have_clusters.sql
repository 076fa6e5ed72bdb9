-- Every text of a candidate landed in a leaf of its own run.
{{ config(severity=var('gate_severity')) }}

select
    assignments.run_id,
    assignments.content_hash,
    assignments.cluster_path
from {{ ref('stg_jobs__cluster_assignments') }} as assignments
inner join {{ ref('stg_jobs__cluster_runs') }} as runs
    on assignments.run_id = runs.run_id
left join {{ ref('stg_jobs__clusters') }} as clusters
    on
        assignments.run_id = clusters.run_id
        and assignments.cluster_path = clusters.cluster_path
where
    runs.status = 'candidate'
    and (clusters.cluster_path is null or not ({{ is_true('clusters.is_leaf') }}))
