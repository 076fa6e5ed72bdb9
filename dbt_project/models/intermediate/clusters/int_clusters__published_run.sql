{#
    Grain: the published run, if there is one, with the days that it shows feedback of. Once feedback
    was assigned to it, its last day bounds nothing any more. With `as_of`, the run that was published then, and
    what had been assigned to it. A view: jobs read what follows from it.
#}

{{ config(materialized='view') }}

with runs as (
    {% if as_of_end() %}
        select
            *,
            row_number() over (order by published_at desc, run_id desc) as place
        from {{ ref('stg_jobs__cluster_runs') }}
        where status in ('published', 'superseded') and published_at < {{ as_of_end() }}
    {% else %}
        select * from {{ ref('stg_jobs__cluster_runs') }}
        where status = 'published'
    {% endif %}
),

assign_runs as (
    select
        run_id,
        min(assigned_at) as first_assigned_at
    from {{ ref('stg_jobs__cluster_assign_runs') }}
    {% if as_of_end() %}where assigned_at < {{ as_of_end() }}{% endif %}
    group by run_id
)

select
    runs.run_id,
    runs.embedding_model,
    runs.embedding_dimensions,
    runs.start_date as shown_from,
    case when assign_runs.run_id is null then runs.end_date end as shown_until,
    runs.end_date,
    assign_runs.first_assigned_at,
    runs.published_at
from runs
left join assign_runs
    on runs.run_id = assign_runs.run_id
{% if as_of_end() %}where runs.place = 1{% endif %}
