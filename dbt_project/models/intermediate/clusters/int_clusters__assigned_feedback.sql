{# Grain: one row a feedback that the published run has placed, at the deepest cluster it reached. #}

with runs as (
    select * from {{ ref('int_clusters__published_run') }}
),

assignments as (
    select * from {{ ref('stg_jobs__cluster_assignments') }}
    {% if as_of_end() %}where assigned_at is null or assigned_at < {{ as_of_end() }}{% endif %}
),

feedback as (
    select * from {{ ref('int_feedback__deduplicated') }}
)

select
    feedback.feedback_id,
    feedback.content_hash,
    feedback.customer_id,
    assignments.run_id,
    assignments.cluster_path,
    feedback.source,
    feedback.product,
    feedback.rating,
    feedback.count_occurrences,
    assignments.membership_probability,
    assignments.noise_score,
    assignments.x,
    assignments.y,
    feedback.created_at,
    coalesce(
        assignments.assigned_at,
        case
            when feedback.created_at >= {{ dbt.dateadd('day', 1, 'runs.end_date') }} then runs.first_assigned_at
        end
    ) as assigned_at
from assignments
inner join runs
    on assignments.run_id = runs.run_id
inner join feedback
    on assignments.content_hash = feedback.content_hash
where
    (runs.shown_from is null or feedback.created_at >= runs.shown_from)
    and (runs.shown_until is null or feedback.created_at < {{ dbt.dateadd('day', 1, 'runs.shown_until') }})
