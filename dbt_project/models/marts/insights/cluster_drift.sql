{# Grain: one row a call that assigned feedback to a run which is or was published. #}

with assign_runs as (
    select * from {{ ref('stg_jobs__cluster_assign_runs') }}
),

runs as (
    select * from {{ ref('stg_jobs__cluster_runs') }}
    where status in ('published', 'superseded')
)

select
    -- ids
    assign_runs.job_run_id,
    assign_runs.run_id,

    -- text
    assign_runs.reason,

    -- numbers
    assign_runs.count_feedback,
    assign_runs.count_texts,
    assign_runs.count_noise_feedback,
    assign_runs.count_noise_texts,
    assign_runs.noise_share,
    assign_runs.expected_noise_share,
    assign_runs.far_share,
    assign_runs.expected_far_share,
    assign_runs.added_share,
    assign_runs.distance_bound,

    -- flags
    {{ flag('assign_runs.reason is not null') }} as is_full_run_recommended,
    {{ flag("runs.status = 'published'") }} as is_latest,

    -- timestamps
    assign_runs.assigned_at
from assign_runs
inner join runs
    on assign_runs.run_id = runs.run_id
