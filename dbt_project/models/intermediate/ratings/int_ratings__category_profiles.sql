{#
    Grain: one row a stratum and set of categories, and category in that set (null for the empty set): all
    rated feedback of one such profile looks the same to the fit of int_ratings__category_fit. Only categories
    with a number there are in a set.
#}

with profiles as (
    select * from {{ ref('int_ratings__profiles') }}
    where theme_kind = 'category'
),

strata as (
    select * from {{ ref('int_ratings__theme_strata') }}
    where theme_kind = 'category'
),

sizes as (
    select
        theme as category,
        sum(count_rated) as count_rated
    from strata
    group by theme
),

numbered as (
    select
        category,
        row_number() over (order by count_rated desc, category asc) as category_number
    from sizes
),

chosen as (
    select
        lists.categories as listed_categories,
        lists.count_categories,
        numbered.category,
        numbered.category_number
    from {{ ref('int_tags__category_lists') }} as lists
    inner join numbered
        on lists.category = numbered.category
    where numbered.category_number <= {{ number_var('impact_max_categories', 1, whole=true) }}
),

{# Lists differ in their order, and in categories without a number. #}
sets as (
    select
        listed_categories,
        count_categories,
        {{ joined_text(as_key('category_number'), ', ', 'category_number') }} as categories
    from chosen
    group by listed_categories, count_categories
),

members as (
    select distinct
        sets.categories,
        chosen.category,
        chosen.category_number
    from sets
    inner join chosen
        on
            sets.listed_categories = chosen.listed_categories
            and sets.count_categories = chosen.count_categories
),

rated as (
    select
        profiles.stratum,
        coalesce(sets.categories, '') as categories,
        {{ as_double(total('profiles.count_rated')) }} as count_rated,
        {{ as_double('sum(profiles.sum_rating)') }} as sum_rating,
        {{ as_double('sum(profiles.sum_squares)') }} as sum_squares
    from profiles
    left join sets
        on
            profiles.categories = sets.listed_categories
            and profiles.count_categories = sets.count_categories
    group by profiles.stratum, coalesce(sets.categories, '')
)

select
    rated.stratum,
    rated.categories,
    members.category,
    members.category_number,
    rated.count_rated,
    rated.sum_rating,
    rated.sum_squares
from rated
left join members
    on rated.categories = members.categories
