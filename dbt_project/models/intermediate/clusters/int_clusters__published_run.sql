{#
    Grain: the published run, if there is one, with the days that it shows feedback of. Once feedback
    was assigned to it, its last day bounds nothing any more. A view: jobs read what follows from it.
#}

{{ config(materialized='view') }}

with runs as (
    select * from {{ ref('stg_jobs__cluster_runs') }}
    where status = 'published'
),

assign_runs as (
    select
        run_id,
        min(assigned_at) as first_assigned_at
    from {{ ref('stg_jobs__cluster_assign_runs') }}
    group by run_id
)

select
    runs.run_id,
    runs.embedding_model,
    runs.embedding_dimensions,
    runs.start_date as shown_from,
    case when assign_runs.run_id is null then runs.end_date end as shown_until,
    runs.end_date,
    assign_runs.first_assigned_at
from runs
left join assign_runs
    on runs.run_id = assign_runs.run_id
