{#
    Grain: one row a stratum and set of categories, and category in that set (null for the empty set): all
    rated feedback of one such profile looks the same to the fit of int_ratings__category_fit. Only categories
    with a number there are in a set.
#}

with rated as (
    select * from {{ ref('int_ratings__rated_feedback') }}
    where theme_kind = 'category'
),

tags as (
    select * from {{ ref('int_tags__current') }}
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
        tags.content_hash,
        numbered.category,
        numbered.category_number
    from tags
    inner join numbered
        on tags.category = numbered.category
    where numbered.category_number <= {{ var('impact_max_categories') }}
),

sets as (
    select
        content_hash,
        {{ joined_text('category', ', ', 'category') }} as categories
    from chosen
    group by content_hash
),

profiles as (
    select
        rated.stratum,
        coalesce(sets.categories, '') as categories,
        min(rated.content_hash) as content_hash,
        {{ as_double('count(*)') }} as count_rated,
        {{ as_double('sum(cast(rated.rating as decimal(12, 3)))') }} as sum_rating,
        {{ as_double('sum(cast(rated.rating * rated.rating as decimal(18, 6)))') }} as sum_squares
    from rated
    left join sets
        on rated.content_hash = sets.content_hash
    group by rated.stratum, coalesce(sets.categories, '')
)

select
    profiles.stratum,
    profiles.categories,
    chosen.category,
    chosen.category_number,
    profiles.count_rated,
    profiles.sum_rating,
    profiles.sum_squares
from profiles
left join chosen
    on profiles.content_hash = chosen.content_hash
