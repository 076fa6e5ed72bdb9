{# Grain: one row a kind of theme and stratum of rated feedback: a product and a source. #}

with rated as (
    select * from {{ ref('int_ratings__rated_feedback') }}
)

select
    theme_kind,
    stratum,
    {{ as_double('count(*)') }} as count_rated,
    {{ as_double('sum(cast(rating as decimal(12, 3)))') }} as sum_rating,
    {{ as_double('sum(cast(rating * rating as decimal(18, 6)))') }} as sum_squares
from rated
group by theme_kind, stratum
