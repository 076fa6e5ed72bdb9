{#
    Grain: one row a kind of theme, stratum and what names the themes: a deepest cluster, or a list of categories.
    All rated feedback of one such profile has the same themes, so that sums over profiles suffice from here on.
#}

with rated as (
    select * from {{ ref('int_ratings__rated_feedback') }}
)

select
    theme_kind,
    stratum,
    cluster_path,
    categories,
    count_categories,
    count(*) as count_rated,
    sum(cast(rating as decimal(12, 3))) as sum_rating,
    sum(cast(rating * rating as decimal(18, 6))) as sum_squares
from rated
group by theme_kind, stratum, cluster_path, categories, count_categories
