{#
    Grain: one row a category with a coefficient of its own: how ratings with it differ from those without, of
    the same product and source and with the same other categories; and the HC3 standard error of that.

    All feedback of a profile (int_ratings__category_profiles) has one leverage and one fitted rating, so sums
    over profiles suffice. Where the fit leaves nothing over, as it does for a handful of ratings, rounding may bring
    their variance below 0.
#}

{% set fitted_rating = '(strata.sum_rating / strata.count_rated + fitted.fitted_difference)' %}

with profile_categories as (
    select * from {{ ref('int_ratings__category_profiles') }}
),

strata as (
    select * from {{ ref('int_ratings__strata') }}
    where theme_kind = 'category' and count_rated > 1
),

fit as (
    select * from {{ ref('int_ratings__category_fit') }}
),

inverse as (
    select * from fit
    where row_number_of > 0 and column_number > 0
),

coefficients as (
    select
        row_number_of as category_number,
        value as impact
    from fit
    where row_number_of > 0 and column_number = 0
),

profiles as (
    select distinct
        profile_categories.stratum,
        profile_categories.categories,
        profile_categories.count_rated,
        profile_categories.sum_rating,
        profile_categories.sum_squares
    from profile_categories
    inner join strata
        on profile_categories.stratum = strata.stratum
),

means as (
    select
        profile_categories.stratum,
        profile_categories.category_number,
        {{ stable_sum('profile_categories.count_rated / strata.count_rated') }} as share_with
    from profile_categories
    inner join strata
        on profile_categories.stratum = strata.stratum
    where profile_categories.category_number is not null
    group by profile_categories.stratum, profile_categories.category_number
),

{# The inverse times the categories of a profile, less the inverse times the mean of its stratum. #}
directions as (
    select
        profile_categories.stratum,
        profile_categories.categories,
        inverse.row_number_of as category_number,
        {{ stable_sum('inverse.value') }} as direction
    from profile_categories
    inner join inverse
        on profile_categories.category_number = inverse.column_number
    group by profile_categories.stratum, profile_categories.categories, inverse.row_number_of
),

shifts as (
    select
        means.stratum,
        inverse.row_number_of as category_number,
        {{ stable_sum('inverse.value * means.share_with') }} as shift
    from means
    inner join inverse
        on means.category_number = inverse.column_number
    group by means.stratum, inverse.row_number_of
),

influences as (
    select
        profiles.stratum,
        profiles.categories,
        coefficients.category_number,
        coalesce(directions.direction, 0.0) - coalesce(shifts.shift, 0.0) as influence,
        case when held.category_number is null then 0.0 else 1.0 end - coalesce(means.share_with, 0.0) as centred,
        coefficients.impact
    from profiles
    cross join coefficients
    left join directions
        on
            profiles.stratum = directions.stratum
            and profiles.categories = directions.categories
            and coefficients.category_number = directions.category_number
    left join shifts
        on
            profiles.stratum = shifts.stratum
            and coefficients.category_number = shifts.category_number
    left join means
        on
            profiles.stratum = means.stratum
            and coefficients.category_number = means.category_number
    left join profile_categories as held
        on
            profiles.stratum = held.stratum
            and profiles.categories = held.categories
            and coefficients.category_number = held.category_number
),

fitted as (
    select
        influences.stratum,
        influences.categories,
        {{ stable_sum('influences.centred * influences.impact') }} as fitted_difference,
        {{ stable_sum('influences.centred * influences.influence') }} as leverage
    from influences
    group by influences.stratum, influences.categories
),

unweighted as (
    select
        profiles.stratum,
        profiles.categories,
        1.0 - 1.0 / strata.count_rated - fitted.leverage as freedom,
        profiles.sum_squares - 2.0 * {{ fitted_rating }} * profiles.sum_rating
        + profiles.count_rated * {{ fitted_rating }} * {{ fitted_rating }} as sum_squared_residuals
    from profiles
    inner join strata
        on profiles.stratum = strata.stratum
    inner join fitted
        on
            profiles.stratum = fitted.stratum
            and profiles.categories = fitted.categories
),

{# Leverage 1 means no residual: such a profile adds nothing. #}
residuals as (
    select
        stratum,
        categories,
        sum_squared_residuals / (freedom * freedom) as weighted_residuals
    from unweighted
    where freedom > 1e-7
),

variances as (
    select
        influences.category_number,
        {{ stable_sum('influences.influence * influences.influence * residuals.weighted_residuals') }} as variance
    from influences
    inner join residuals
        on
            influences.stratum = residuals.stratum
            and influences.categories = residuals.categories
    group by influences.category_number
),

named as (
    select distinct
        category,
        category_number
    from profile_categories
    where category is not null
)

select
    named.category,
    coefficients.impact,
    sqrt(case when variances.variance > 0 then variances.variance else 0.0 end) as standard_error
from coefficients
inner join named
    on coefficients.category_number = named.category_number
inner join variances
    on coefficients.category_number = variances.category_number
