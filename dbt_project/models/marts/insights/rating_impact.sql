{#
    Grain: one row a theme: a cluster of the published run (any level, noise and root left out) or a category
    that some feedback carries.
#}

{% set least = number_var('impact_min_ratings', 2) %}
{% set enough = 'count_compared >= ' ~ least ~ ' and count_compared_with >= ' ~ least %}

with contrasts as (
    select * from {{ ref('int_ratings__theme_contrasts') }}
),

joint as (
    select * from {{ ref('int_ratings__category_contrasts') }}
),

theme_totals as (
    select
        theme_kind,
        theme,
        {{ stable_sum('count_rated') }} as count_rated,
        {{ stable_sum('sum_rating') }} as sum_rating
    from {{ ref('int_ratings__theme_strata') }}
    group by theme_kind, theme
),

totals as (
    select
        theme_kind,
        {{ stable_sum('count_rated') }} as count_rated,
        {{ stable_sum('sum_rating') }} as sum_rating
    from {{ ref('int_ratings__strata') }}
    group by theme_kind
),

themes as (
    select
        {{ as_key("'cluster'") }} as theme_kind,
        clusters.cluster_path as theme,
        {{ as_exact('clusters.cluster_name') }} as theme_name,
        clusters.parent_path as parent_theme,
        clusters.depth,
        clusters.cluster_key,
        clusters.run_id,
        evidence.embedding_model as model,
        {{ as_key('null') }} as prompt_hash,
        evidence.exemplar_feedback_ids
    from {{ ref('int_clusters__published') }} as clusters
    left join {{ ref('int_clusters__evidence') }} as evidence
        on clusters.cluster_path = evidence.cluster_path
    where clusters.depth > 0 and not ({{ is_true('clusters.is_noise') }})
    union all
    select
        {{ as_key("'category'") }} as theme_kind,
        categories.category as theme,
        categories.category as theme_name,
        categories.parent_category as parent_theme,
        cast(null as integer) as depth,
        {{ as_key('null') }} as cluster_key,
        {{ as_key('null') }} as run_id,
        evidence.tagged_by_model as model,
        evidence.prompt_hash,
        evidence.exemplar_feedback_ids
    from {{ ref('int_taxonomy__categories') }} as categories
    inner join {{ ref('int_tags__evidence') }} as evidence
        on categories.category = evidence.category
),

joined as (
    select
        themes.*,
        coalesce(theme_totals.count_rated, 0.0) as count_rated,
        coalesce(contrasts.count_compared, 0.0) as count_compared,
        coalesce(contrasts.count_compared_with, 0.0) as count_compared_with,
        theme_totals.sum_rating / theme_totals.count_rated as mean_rating,
        theme_totals.sum_rating / theme_totals.count_rated
        - (totals.sum_rating - theme_totals.sum_rating) / nullif(totals.count_rated - theme_totals.count_rated, 0)
            as difference_unadjusted,
        contrasts.impact as difference_within_mix,
        case when themes.theme_kind = 'cluster' then contrasts.impact else joint.impact end as estimated_impact,
        case when themes.theme_kind = 'cluster' then contrasts.standard_error else joint.standard_error end
            as estimated_error,
        totals.count_rated as count_all_rated
    from themes
    left join theme_totals
        on
            themes.theme_kind = theme_totals.theme_kind
            and themes.theme = theme_totals.theme
    left join totals
        on themes.theme_kind = totals.theme_kind
    left join contrasts
        on
            themes.theme_kind = contrasts.theme_kind
            and themes.theme = contrasts.theme
    left join joint
        on
            themes.theme_kind = 'category'
            and themes.theme = joint.category
),

{# Too few ratings on either side: no estimate, rather than one that a single customer moves by a star. #}
sufficient as (
    select
        *,
        case when {{ enough }} then estimated_impact end as impact,
        case when {{ enough }} then estimated_error end as standard_error
    from joined
),

{# Degrees of freedom are those of the smaller side, the fewest that Welch's could be: on the wide side. #}
freed as (
    select
        *,
        case when count_compared < count_compared_with then count_compared else count_compared_with end - 1.0
            as freedom,
        abs(impact) / nullif(standard_error, 0) as t_score
    from sufficient
    where impact is not null
),

scored as (
    select
        *,
        {{ t_limit('freedom') }} as limit_of_t,
        {{ t_as_normal('t_score', 'freedom') }} as score
    from freed
),

tested as (
    select
        *,
        2.0 * {{ normal_tail('score') }} as p_value
    from scored
),

ranked as (
    select
        *,
        {{ ranked_p_value('p_value', 'theme_kind') }} as ranked_p_value
    from tested
),

adjusted as (
    select
        theme_kind,
        theme,
        limit_of_t,
        p_value,
        {{ adjusted_p_value('ranked_p_value', 'p_value', 'theme_kind') }} as q_value
    from ranked
)

select
    -- ids
    sufficient.theme_kind,
    sufficient.theme,
    sufficient.parent_theme,
    sufficient.cluster_key,
    sufficient.run_id,
    sufficient.model,
    sufficient.prompt_hash,
    sufficient.exemplar_feedback_ids,

    -- text
    sufficient.theme_name,
    case
        when adjusted.q_value is null then 'too few ratings'
        when adjusted.q_value > {{ number_var('impact_false_discovery_rate', 0, 1) }} then 'no clear effect'
        when sufficient.impact < 0 then 'costs stars'
        else 'adds stars'
    end as verdict,

    -- numbers
    sufficient.depth,
    cast(sufficient.count_rated as bigint) as count_rated,
    cast(sufficient.count_compared as bigint) as count_compared,
    sufficient.mean_rating,
    sufficient.difference_unadjusted,
    sufficient.difference_within_mix,
    sufficient.impact,
    sufficient.standard_error,
    sufficient.impact - adjusted.limit_of_t * sufficient.standard_error as impact_low,
    sufficient.impact + adjusted.limit_of_t * sufficient.standard_error as impact_high,
    sufficient.impact * sufficient.count_rated / nullif(sufficient.count_all_rated, 0) as impact_on_mean,
    adjusted.p_value,
    adjusted.q_value
from sufficient
left join adjusted
    on
        sufficient.theme_kind = adjusted.theme_kind
        and sufficient.theme = adjusted.theme
