{# Grain: one row an exemplar of a cluster that waits for a name. #}

with clusters as (
    select * from {{ ref('unnamed_clusters') }}
),

exemplars as (
    select * from {{ ref('stg_jobs__cluster_exemplars') }}
),

texts as (
    select * from {{ ref('int_feedback__deduplicated') }}
    where {{ is_true('is_canonical') }}
)

select
    exemplars.run_id,
    exemplars.cluster_path,
    texts.feedback_text,
    exemplars.exemplar_rank
from exemplars
inner join clusters
    on
        exemplars.run_id = clusters.run_id
        and exemplars.cluster_path = clusters.cluster_path
inner join texts
    on exemplars.content_hash = texts.content_hash
