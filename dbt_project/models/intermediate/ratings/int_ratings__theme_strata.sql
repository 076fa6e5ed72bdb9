{#
    Grain: one row a theme and stratum in which it has ratings. Themes are the clusters of every level but the
    root, each of which feedback is in or not, and the categories of the taxonomy, of which it may have several.
#}

with profiles as (
    select * from {{ ref('int_ratings__profiles') }}
),

members as (
    select
        ancestry.ancestor_path as theme,
        profiles.*
    from profiles
    inner join {{ ref('int_clusters__ancestry') }} as ancestry
        on
            profiles.cluster_path = ancestry.descendant_path
            and ancestry.ancestor_depth > 0
    union all
    select
        lists.category as theme,
        profiles.*
    from profiles
    inner join {{ ref('int_tags__category_lists') }} as lists
        on
            profiles.categories = lists.categories
            and profiles.count_categories = lists.count_categories
)

select
    theme_kind,
    theme,
    stratum,
    {{ as_double(total('count_rated')) }} as count_rated,
    {{ as_double('sum(sum_rating)') }} as sum_rating,
    {{ as_double('sum(sum_squares)') }} as sum_squares
from members
group by theme_kind, theme, stratum
