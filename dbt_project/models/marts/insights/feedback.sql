{#
    Grain: one row a feedback. The one wide table for BI. An increment writes the rows that are not as they should be:
    reading all and writing few, since a database reads with several processes and writes with one.
#}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='feedback_id',
    on_schema_change='append_new_columns',
    post_hook="{{ delete_emptied('content_hash') }}"
) }}

with feedback as (
    select * from {{ ref('int_feedback__deduplicated') }}
),

tags as (
    select * from {{ ref('int_tags__by_text') }}
),

assigned as (
    select * from {{ ref('int_clusters__assigned_feedback') }}
),

clusters as (
    select * from {{ ref('int_clusters__published') }}
),

levels as (
    select * from {{ ref('int_clusters__levels') }}
),

runs as (
    select * from {{ ref('stg_jobs__cluster_runs') }}
),

exemplars as (
    select distinct content_hash from {{ ref('int_clusters__exemplars') }}
),

built as (
    select
        -- ids
        feedback.feedback_id,
        feedback.canonical_feedback_id,
        feedback.content_hash,
        feedback.customer_id,
        assigned.run_id as cluster_run_id,
        assigned.cluster_path,
        clusters.cluster_key,

        -- text
        feedback.feedback_text,
        feedback.source,
        feedback.product,
        clusters.cluster_name,
        levels.level_1_path,
        levels.level_1_key,
        levels.level_1_name,
        levels.level_2_path,
        levels.level_2_key,
        levels.level_2_name,
        levels.level_3_path,
        levels.level_3_key,
        levels.level_3_name,
        tags.main_category,
        tags.categories,
        tags.sentiment,
        tags.tagged_by_provider,
        tags.tagged_by_model,
        tags.prompt_hash as tagged_by_prompt_hash,
        runs.embedding_model as embedded_by_model,

        -- numbers
        clusters.depth as cluster_depth,
        feedback.rating,
        feedback.count_occurrences,
        coalesce(tags.count_categories, 0) as count_categories,
        assigned.membership_probability,
        assigned.noise_score,
        assigned.x,
        assigned.y,

        -- flags
        feedback.is_canonical,
        {{ flag('exemplars.content_hash is not null') }} as is_exemplar,
        clusters.is_noise,
        {{ flag('assigned.assigned_at is not null') }} as is_assigned,

        -- timestamps
        feedback.created_at,
        assigned.assigned_at,

        -- text, last since a column keeps its place
        feedback.language
    from feedback
    left join tags
        on feedback.content_hash = tags.content_hash
    left join assigned
        on feedback.feedback_id = assigned.feedback_id
    left join clusters
        on assigned.cluster_path = clusters.cluster_path
    left join levels
        on assigned.cluster_path = levels.cluster_path
    left join runs
        on assigned.run_id = runs.run_id
    left join exemplars
        on feedback.content_hash = exemplars.content_hash
)

{{ changed_rows('built', 'feedback_id') }}
