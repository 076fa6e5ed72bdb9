{# Grain: one row a kind of theme and stratum of rated feedback: a product and a source. #}

with profiles as (
    select * from {{ ref('int_ratings__profiles') }}
)

select
    theme_kind,
    stratum,
    {{ as_double(total('count_rated')) }} as count_rated,
    {{ as_double('sum(sum_rating)') }} as sum_rating,
    {{ as_double('sum(sum_squares)') }} as sum_squares
from profiles
group by theme_kind, stratum
