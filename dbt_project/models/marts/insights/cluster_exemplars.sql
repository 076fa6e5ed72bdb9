{# Grain: one row an exemplar of a published cluster: the evidence for its name. #}

with exemplars as (
    select * from {{ ref('int_clusters__exemplars') }}
)

select
    -- ids
    cluster_path,
    exemplar_rank,
    run_id,
    feedback_id,
    content_hash,

    -- text
    feedback_text,

    -- numbers
    rating,

    -- timestamps
    created_at
from exemplars
