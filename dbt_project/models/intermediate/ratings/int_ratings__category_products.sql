{#
    Grain: one row a pair of numbers, of which 1 and on are categories and 0 is the rating: the sum over all
    rated feedback of the product of the two, each less its mean in the stratum. The normal equations of a
    least-squares fit of the rating on all categories at once and a constant for each stratum.
#}

with profiles as (
    select * from {{ ref('int_ratings__category_profiles') }}
),

strata as (
    select * from {{ ref('int_ratings__strata') }}
    where theme_kind = 'category'
),

{# What each category, and the rating itself, adds up to in a stratum. #}
columns_of_strata as (
    select
        stratum,
        category_number as column_number,
        {{ stable_sum('count_rated') }} as sum_column
    from profiles
    where category_number is not null
    group by stratum, category_number
    union all
    select
        stratum,
        0 as column_number,
        sum_rating as sum_column
    from strata
),

raw_products as (
    select
        lefts.category_number as row_number_of,
        rights.category_number as column_number,
        {{ stable_sum('lefts.count_rated') }} as product
    from profiles as lefts
    inner join profiles as rights
        on
            lefts.stratum = rights.stratum
            and lefts.categories = rights.categories
    where lefts.category_number is not null and rights.category_number is not null
    group by lefts.category_number, rights.category_number
    union all
    select
        category_number as row_number_of,
        0 as column_number,
        {{ stable_sum('sum_rating') }} as product
    from profiles
    where category_number is not null
    group by category_number
    union all
    select
        0 as row_number_of,
        category_number as column_number,
        {{ stable_sum('sum_rating') }} as product
    from profiles
    where category_number is not null
    group by category_number
    union all
    select
        0 as row_number_of,
        0 as column_number,
        {{ stable_sum('sum_squares') }} as product
    from strata
),

of_means as (
    select
        lefts.column_number as row_number_of,
        rights.column_number,
        {{ stable_sum('lefts.sum_column * rights.sum_column / strata.count_rated') }} as product
    from columns_of_strata as lefts
    inner join columns_of_strata as rights
        on lefts.stratum = rights.stratum
    inner join strata
        on lefts.stratum = strata.stratum
    group by lefts.column_number, rights.column_number
),

numbers as (
    select distinct column_number from columns_of_strata
)

select
    lefts.column_number as row_number_of,
    rights.column_number,
    coalesce(raw_products.product, 0) - coalesce(of_means.product, 0) as product
from numbers as lefts
cross join numbers as rights
left join raw_products
    on
        lefts.column_number = raw_products.row_number_of
        and rights.column_number = raw_products.column_number
left join of_means
    on
        lefts.column_number = of_means.row_number_of
        and rights.column_number = of_means.column_number
