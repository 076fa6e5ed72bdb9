{#
    Grain: one row a published cluster, with what its figures rest on: the model of its vectors, and the
    feedback that stands for it, the medoid first.
#}

with clusters as (
    select * from {{ ref('int_clusters__published') }}
),

runs as (
    select * from {{ ref('stg_jobs__cluster_runs') }}
),

exemplars as (
    select
        cluster_path,
        {{ joined_text('feedback_id', ', ', 'exemplar_rank') }} as exemplar_feedback_ids
    from {{ ref('int_clusters__exemplars') }}
    where exemplar_rank <= 3
    group by cluster_path
)

select
    clusters.cluster_path,
    clusters.run_id,
    runs.embedding_model,
    exemplars.exemplar_feedback_ids
from clusters
inner join runs
    on clusters.run_id = runs.run_id
left join exemplars
    on clusters.cluster_path = exemplars.cluster_path
