{#
    Grain: one row a feedback that the published run does not show though its text has a vector of the
    run's model: given after the run was made, or after its last day. Where the run knows the text, the
    path says where it placed it. What is older than the run's first day was left out on purpose.
#}

with runs as (
    select * from {{ ref('int_clusters__published_run') }}
),

feedback as (
    select * from {{ ref('clustering_input') }}
),

assignments as (
    select * from {{ ref('stg_jobs__cluster_assignments') }}
)

select
    feedback.feedback_id,
    feedback.content_hash,
    runs.run_id,
    assignments.cluster_path,
    feedback.created_at
from feedback
inner join runs
    on
        feedback.model = runs.embedding_model
        and feedback.dimensions = runs.embedding_dimensions
left join assignments
    on
        runs.run_id = assignments.run_id
        and feedback.content_hash = assignments.content_hash
where
    (runs.shown_from is null or feedback.created_at >= runs.shown_from)
    and (
        assignments.content_hash is null
        or feedback.created_at >= {{ dbt.dateadd('day', 1, 'runs.shown_until') }}
    )
