{#
    Grain: one row a theme with ratings: how its ratings differ from the others of the same product and source.

    The difference of means within each stratum, weighted by n1 n0 / (n1 + n0) as Cochran, Mantel and Haenszel
    do: to the digit the coefficient of the theme in a least-squares fit of the rating on the theme and a
    constant for each stratum. Strata without either side say nothing and are left out. The standard error is
    that of HC3 (MacKinnon and White 1985), which assumes no equal variances and errs on the wide side in small
    samples: every feedback of one side of a stratum has the same leverage, so sums suffice.
#}

{% set weight = 'count_with * count_others / count_rated' %}

with strata as (
    select * from {{ ref('int_ratings__strata') }}
),

themes as (
    select * from {{ ref('int_ratings__theme_strata') }}
),

sides as (
    select
        themes.theme_kind,
        themes.theme,
        strata.count_rated,
        strata.sum_rating / strata.count_rated as mean_rating,
        themes.count_rated as count_with,
        themes.sum_rating as sum_with,
        themes.sum_squares as squares_with,
        strata.count_rated - themes.count_rated as count_others,
        strata.sum_rating - themes.sum_rating as sum_others,
        strata.sum_squares - themes.sum_squares as squares_others,
        themes.count_rated / strata.count_rated as share_with
    from themes
    inner join strata
        on
            themes.theme_kind = strata.theme_kind
            and themes.stratum = strata.stratum
),

informative as (
    select * from sides
    where count_others > 0
),

estimates as (
    select
        theme_kind,
        theme,
        {{ stable_sum('count_with') }} as count_compared,
        {{ stable_sum('count_others') }} as count_compared_with,
        {{ stable_sum(weight) }} as information,
        {{ stable_sum(weight ~ ' * (sum_with / count_with - sum_others / count_others)') }}
        / {{ stable_sum(weight) }} as impact
    from informative
    group by theme_kind, theme
),

fitted as (
    select
        informative.*,
        estimates.information,
        informative.mean_rating + estimates.impact * (1.0 - informative.share_with) as fitted_with,
        informative.mean_rating - estimates.impact * informative.share_with as fitted_others,
        1.0 - 1.0 / informative.count_rated
        - (1.0 - informative.share_with) * (1.0 - informative.share_with) / estimates.information as freedom_with,
        1.0 - 1.0 / informative.count_rated
        - informative.share_with * informative.share_with / estimates.information as freedom_others
    from informative
    inner join estimates
        on
            informative.theme_kind = estimates.theme_kind
            and informative.theme = estimates.theme
),

residuals as (
    select
        *,
        squares_with - 2.0 * fitted_with * sum_with + count_with * fitted_with * fitted_with as residuals_with,
        squares_others - 2.0 * fitted_others * sum_others + count_others * fitted_others * fitted_others
            as residuals_others
    from fitted
),

{# A feedback that decides its own fitted rating (leverage 1) leaves no residual, and no standard error. #}
squares as (
    select
        theme_kind,
        theme,
        information,
        case when freedom_with > 1e-9 and freedom_others > 1e-9 then 0 else 1 end as is_saturated,
        case
            when freedom_with > 1e-9 and freedom_others > 1e-9
                then
                    (1.0 - share_with) * (1.0 - share_with) / (freedom_with * freedom_with) * residuals_with
                    + share_with * share_with / (freedom_others * freedom_others) * residuals_others
        end as weighted_square
    from residuals
),

errors as (
    select
        theme_kind,
        theme,
        max(is_saturated) as is_saturated,
        {{ stable_sum('weighted_square / (information * information)') }} as variance
    from squares
    group by theme_kind, theme
)

select
    estimates.theme_kind,
    estimates.theme,
    estimates.count_compared,
    estimates.count_compared_with,
    estimates.impact,
    case when errors.is_saturated = 0 then sqrt(case when errors.variance > 0 then errors.variance else 0.0 end) end
        as standard_error
from estimates
inner join errors
    on
        estimates.theme_kind = errors.theme_kind
        and estimates.theme = errors.theme
