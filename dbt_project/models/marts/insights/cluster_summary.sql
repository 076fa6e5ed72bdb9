{# Grain: one row a cluster of the published run, with what its feedback adds up to. #}

with clusters as (
    select * from {{ ref('int_clusters__published') }}
),

feedback_by_level as (
    select * from {{ ref('int_clusters__feedback_by_level') }}
),

exemplars as (
    select * from {{ ref('int_clusters__exemplars') }}
    where exemplar_rank = 1
),

totals as (
    select
        cluster_path,
        count(*) as count_feedback,
        count(distinct content_hash) as count_texts,
        count(rating) as count_rated,
        {{ average('rating') }} as mean_rating,
        min(created_at) as first_seen_at,
        max(created_at) as last_seen_at
    from feedback_by_level
    group by cluster_path
)

select
    -- ids
    clusters.cluster_path,
    clusters.cluster_key,
    clusters.parent_path,
    clusters.run_id,
    exemplars.feedback_id as exemplar_feedback_id,

    -- text
    clusters.cluster_name,
    clusters.summary,
    clusters.keywords,
    exemplars.feedback_text as exemplar_text,

    -- numbers
    clusters.depth,
    coalesce(totals.count_feedback, 0) as count_feedback,
    coalesce(totals.count_texts, 0) as count_texts,
    {{ ratio('coalesce(totals.count_feedback, 0)', 'roots.count_feedback') }} as share_of_all,
    {{ ratio('coalesce(totals.count_feedback, 0)', 'parents.count_feedback') }} as share_of_parent,
    coalesce(totals.count_rated, 0) as count_rated,
    totals.mean_rating,
    clusters.stability,

    -- flags
    clusters.is_noise,
    clusters.is_leaf,

    -- timestamps
    totals.first_seen_at,
    totals.last_seen_at
from clusters
left join totals
    on clusters.cluster_path = totals.cluster_path
left join totals as parents
    on clusters.parent_path = parents.cluster_path
left join totals as roots
    on roots.cluster_path = 'root'
left join exemplars
    on clusters.cluster_path = exemplars.cluster_path
