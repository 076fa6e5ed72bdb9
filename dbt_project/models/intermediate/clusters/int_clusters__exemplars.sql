{# Grain: one row an exemplar of a published cluster, with the first feedback that said it. #}

with exemplars as (
    select * from {{ ref('stg_jobs__cluster_exemplars') }}
),

runs as (
    select * from {{ ref('int_clusters__published_run') }}
),

feedback as (
    select * from {{ ref('int_feedback__deduplicated') }}
    where {{ is_true('is_canonical') }}
)

select
    exemplars.run_id,
    exemplars.cluster_path,
    exemplars.exemplar_rank,
    feedback.feedback_id,
    feedback.content_hash,
    feedback.feedback_text,
    feedback.rating,
    feedback.created_at
from exemplars
inner join runs
    on exemplars.run_id = runs.run_id
inner join feedback
    on exemplars.content_hash = feedback.content_hash
