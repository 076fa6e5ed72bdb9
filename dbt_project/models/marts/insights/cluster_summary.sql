{# Grain: one row a cluster of the published run, with what its feedback adds up to. #}

with clusters as (
    select * from {{ ref('int_clusters__published') }}
),

feedback_by_level as (
    select * from {{ ref('int_clusters__feedback_by_level') }}
),

tags as (
    select * from {{ ref('int_tags__by_text') }}
),

exemplars as (
    select * from {{ ref('int_clusters__exemplars') }}
    where exemplar_rank = 1
),

figures as (
    select * from {{ ref('int_clusters__figures') }}
),

totals as (
    select
        feedback_by_level.cluster_path,
        count(*) as count_feedback,
        count(distinct feedback_by_level.content_hash) as count_texts,
        count(feedback_by_level.assigned_at) as count_assigned,
        count(feedback_by_level.rating) as count_rated,
        {{ average('feedback_by_level.rating') }} as mean_rating,
        count(case when feedback_by_level.rating <= 2 then 1 end) as count_low_rated,
        count(case when feedback_by_level.rating >= 4 then 1 end) as count_high_rated,
        count(tags.sentiment) as count_with_sentiment,
        count(case when tags.sentiment in ('positive', 'very positive') then 1 end) as count_positive,
        count(case when tags.sentiment = 'neutral' then 1 end) as count_neutral,
        count(case when tags.sentiment in ('negative', 'very negative') then 1 end) as count_negative,
        min(feedback_by_level.created_at) as first_seen_at,
        max(feedback_by_level.created_at) as last_seen_at
    from feedback_by_level
    left join tags
        on feedback_by_level.content_hash = tags.content_hash
    group by feedback_by_level.cluster_path
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
    figures.top_products,
    figures.top_sources,

    -- numbers
    clusters.depth,
    coalesce(totals.count_feedback, 0) as count_feedback,
    coalesce(totals.count_texts, 0) as count_texts,
    {{ ratio('coalesce(totals.count_feedback, 0)', 'roots.count_feedback') }} as share_of_all,
    {{ ratio('coalesce(totals.count_feedback, 0)', 'parents.count_feedback') }} as share_of_parent,
    coalesce(totals.count_assigned, 0) as count_assigned,
    coalesce(totals.count_rated, 0) as count_rated,
    totals.mean_rating,
    {{ ratio('totals.count_low_rated', 'totals.count_rated') }} as share_low_rated,
    {{ ratio('totals.count_high_rated', 'totals.count_rated') }} as share_high_rated,
    coalesce(totals.count_with_sentiment, 0) as count_with_sentiment,
    {{ ratio('totals.count_positive', 'totals.count_with_sentiment') }} as share_positive,
    {{ ratio('totals.count_neutral', 'totals.count_with_sentiment') }} as share_neutral,
    {{ ratio('totals.count_negative', 'totals.count_with_sentiment') }} as share_negative,
    clusters.stability,
    figures.mean_rating_low,
    figures.mean_rating_high,
    figures.count_customers,
    coalesce(figures.count_recent, 0) as count_recent,
    coalesce(figures.count_previous, 0) as count_previous,
    figures.change_in_share,

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
left join figures
    on clusters.cluster_path = figures.cluster_path
