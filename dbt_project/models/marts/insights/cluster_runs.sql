{#
    Grain: one row a cluster run: the published one, those before it, a waiting candidate, the rejected. A view,
    so that the word of a rejected run needs no build, and no table of the marts changes for it.
#}

{{ config(materialized='view') }}

with runs as (
    select
        *,
        cast(parameters as {{ type_text() }}) as parameters_text,
        cast(library_versions as {{ type_text() }}) as versions_text
    from {{ ref('stg_jobs__cluster_runs') }}
),

clusters as (
    select
        run_id,
        count(*) as count_clusters
    from {{ ref('stg_jobs__clusters') }}
    where depth > 0 and not ({{ is_true('is_noise') }})
    group by run_id
)

select
    -- ids
    runs.run_id,
    runs.job_run_id,
    runs.previous_run_id,
    runs.embedding_model,
    runs.input_hash,

    -- text
    runs.status,
    runs.status_reason,
    runs.method,

    -- numbers
    runs.embedding_dimensions,
    runs.count_feedback,
    runs.count_texts,
    coalesce(clusters.count_clusters, 0) as count_clusters,
    runs.noise_share,
    runs.continuity,

    -- timestamps
    runs.start_date,
    runs.end_date,
    runs.created_at,
    runs.published_at,

    -- text, last since a column keeps its place
    runs.parameters_text as parameters,
    runs.versions_text as library_versions
from runs
left join clusters
    on runs.run_id = clusters.run_id
