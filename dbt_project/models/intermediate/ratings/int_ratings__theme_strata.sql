{#
    Grain: one row a theme and stratum in which it has ratings. Themes are the clusters of every level but the
    root, each of which feedback is in or not, and the categories of the taxonomy, of which it may have several.
#}

with rated as (
    select * from {{ ref('int_ratings__rated_feedback') }}
),

levels as (
    select
        feedback_id,
        cluster_path
    from {{ ref('int_clusters__feedback_by_level') }}
    where depth > 0
),

tags as (
    select
        content_hash,
        category
    from {{ ref('int_tags__current') }}
),

members as (
    select
        rated.theme_kind,
        levels.cluster_path as theme,
        rated.stratum,
        rated.rating
    from rated
    inner join levels
        on rated.feedback_id = levels.feedback_id
    where rated.theme_kind = 'cluster'
    union all
    select
        rated.theme_kind,
        tags.category as theme,
        rated.stratum,
        rated.rating
    from rated
    inner join tags
        on rated.content_hash = tags.content_hash
    where rated.theme_kind = 'category'
)

select
    theme_kind,
    theme,
    stratum,
    {{ as_double('count(*)') }} as count_rated,
    {{ as_double('sum(cast(rating as decimal(12, 3)))') }} as sum_rating,
    {{ as_double('sum(cast(rating * rating as decimal(18, 6)))') }} as sum_squares
from members
group by theme_kind, theme, stratum
