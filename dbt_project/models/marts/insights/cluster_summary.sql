{# Grain: one row a cluster of the published run, with what its feedback adds up to. #}

with clusters as (
    select * from {{ ref('int_clusters__published') }}
),

members as (
    select * from {{ ref('int_clusters__distinct_members') }}
),

tags as (
    select * from {{ ref('int_tags__by_cluster') }}
    where sentiment is not null
),

exemplars as (
    select * from {{ ref('int_clusters__exemplars') }}
    where exemplar_rank = 1
),

figures as (
    select * from {{ ref('int_clusters__figures') }}
),

sentiments as (
    select
        cluster_path,
        {{ total('count_feedback') }} as count_with_sentiment,
        {{ total("case when sentiment in ('positive', 'very positive') then count_feedback else 0 end") }}
            as count_positive,
        {{ total("case when sentiment = 'neutral' then count_feedback else 0 end") }} as count_neutral,
        {{ total("case when sentiment in ('negative', 'very negative') then count_feedback else 0 end") }}
            as count_negative
    from tags
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
    figures.top_products,
    figures.top_sources,

    -- numbers
    clusters.depth,
    coalesce(figures.count_feedback, 0) as count_feedback,
    coalesce(members.count_texts, 0) as count_texts,
    {{ ratio('coalesce(figures.count_feedback, 0)', 'roots.count_feedback') }} as share_of_all,
    {{ ratio('coalesce(figures.count_feedback, 0)', 'parents.count_feedback') }} as share_of_parent,
    coalesce(figures.count_assigned, 0) as count_assigned,
    coalesce(figures.count_rated, 0) as count_rated,
    figures.mean_rating,
    {{ ratio('figures.count_low_rated', 'figures.count_rated') }} as share_low_rated,
    {{ ratio('figures.count_high_rated', 'figures.count_rated') }} as share_high_rated,
    coalesce(sentiments.count_with_sentiment, 0) as count_with_sentiment,
    {{ ratio('sentiments.count_positive', 'sentiments.count_with_sentiment') }} as share_positive,
    {{ ratio('sentiments.count_neutral', 'sentiments.count_with_sentiment') }} as share_neutral,
    {{ ratio('sentiments.count_negative', 'sentiments.count_with_sentiment') }} as share_negative,
    clusters.stability,
    figures.mean_rating_low,
    figures.mean_rating_high,
    members.count_customers,
    coalesce(figures.count_recent, 0) as count_recent,
    coalesce(figures.count_previous, 0) as count_previous,
    figures.change_in_share,

    -- flags
    clusters.is_noise,
    clusters.is_leaf,

    -- timestamps
    figures.first_seen_at,
    figures.last_seen_at
from clusters
left join figures
    on clusters.cluster_path = figures.cluster_path
left join figures as parents
    on clusters.parent_path = parents.cluster_path
left join figures as roots
    on roots.cluster_path = 'root'
left join members
    on clusters.cluster_path = members.cluster_path
left join sentiments
    on clusters.cluster_path = sentiments.cluster_path
left join exemplars
    on clusters.cluster_path = exemplars.cluster_path
