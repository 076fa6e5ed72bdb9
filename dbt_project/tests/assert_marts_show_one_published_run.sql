-- All marts tell of one and the same tree, and it has passed the gate: nobody sees half of two runs, or a candidate.
with shown as (
    select run_id from {{ ref('clusters') }}
    union
    select run_id from {{ ref('cluster_summary') }}
    union
    select run_id from {{ ref('cluster_hierarchy') }}
    union
    select run_id from {{ ref('cluster_exemplars') }}
    union
    select run_id from {{ ref('emerging_clusters') }}
    union
    select cluster_run_id as run_id from {{ ref('feedback') }}
    where cluster_run_id is not null
),

runs as (
    select
        run_id,
        status
    from {{ ref('stg_jobs__cluster_runs') }}
),

counted as (
    select count(*) as count_runs from shown
)

select
    shown.run_id,
    runs.status,
    counted.count_runs
from shown
cross join counted
left join runs
    on shown.run_id = runs.run_id
where
    counted.count_runs > 1
    or coalesce(runs.status, 'unknown') not in ('published', 'superseded')
