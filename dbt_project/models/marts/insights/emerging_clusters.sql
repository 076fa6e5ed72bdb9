{#
    Grain: one row a cluster of the published run (noise and root left out) and length of window, with what its
    recent feedback says against chance.
#}

{% set least_ratio = number_var('emerging_min_ratio', 1) %}
{% set earlier = 'windows.count_feedback - windows.count_recent' %}
{% set all_earlier = 'windows.count_all_feedback - windows.count_all_recent' %}

{# Half a feedback added to each count keeps the ratio finite (Haldane and Anscombe). #}
{% set odds = as_double('windows.count_recent + 0.5') ~ ' / (' ~ earlier ~ ' + 0.5)' %}
{% set all_odds = as_double('windows.count_all_recent + 0.5') ~ ' / (' ~ all_earlier ~ ' + 0.5)' %}

with clusters as (
    select * from {{ ref('int_clusters__published') }}
    where depth > 0 and not ({{ is_true('is_noise') }})
),

windows as (
    select * from {{ ref('int_clusters__windows') }}
),

chances as (
    select * from {{ ref('int_clusters__recent_chance') }}
),

evidence as (
    select * from {{ ref('int_clusters__evidence') }}
),

compared as (
    select
        clusters.cluster_path,
        windows.window_days,
        clusters.cluster_key,
        clusters.run_id,
        clusters.cluster_name,
        clusters.depth,
        clusters.is_leaf,
        windows.count_recent,
        {{ earlier }} as count_earlier,
        chances.expected_recent,
        {{ ratio('windows.count_recent', 'windows.count_all_recent') }} as share_recent,
        {{ ratio(earlier, all_earlier) }} as share_earlier,
        {{ ratio('windows.count_recent + windows.count_previous', 'windows.count_feedback') }} as share_of_two_windows,
        {{ ratio('windows.count_all_recent + windows.count_all_previous', 'windows.count_all_feedback') }}
            as share_of_two_windows_of_all,
        {{ natural_log(odds) }} - {{ natural_log(all_odds) }} as log_ratio,
        sqrt(
            1.0 / ({{ as_double('windows.count_recent') }} + 0.5)
            + 1.0 / ({{ as_double(earlier) }} + 0.5)
        ) as log_ratio_error,
        chances.p_value,
        {{ ranked_p_value('chances.p_value', 'clusters.run_id') }} as ranked_p_value,
        windows.recent_from,
        windows.last_day
    from clusters
    inner join windows
        on clusters.cluster_path = windows.cluster_path
    left join chances
        on
            windows.cluster_path = chances.cluster_path
            and windows.window_days = chances.window_days
),

judged as (
    select
        *,
        exp(log_ratio) as rate_ratio,
        {{ adjusted_p_value('ranked_p_value', 'p_value', 'run_id') }} as q_value,
        row_number() over (
            partition by cluster_path
            order by coalesce(p_value, 2.0) asc, abs(log_ratio) desc, window_days asc
        ) as strength_rank
    from compared
)

select
    -- ids
    judged.cluster_path,
    judged.window_days,
    judged.cluster_key,
    judged.run_id,
    evidence.embedding_model,
    evidence.exemplar_feedback_ids,

    -- text
    judged.cluster_name,
    case
        when judged.q_value is null then 'not tested'
        when judged.q_value > {{ number_var('emerging_false_discovery_rate', 0, 1) }} then 'steady'
        when
            judged.rate_ratio >= {{ least_ratio }}
            and judged.share_of_two_windows >= 0.9
            and judged.share_of_two_windows_of_all <= 0.5
            then 'new'
        when judged.rate_ratio >= {{ least_ratio }} then 'rising'
        when judged.rate_ratio <= 1.0 / {{ least_ratio }} then 'fading'
        else 'steady'
    end as movement,

    -- numbers
    judged.depth,
    judged.count_recent,
    judged.count_earlier,
    judged.expected_recent,
    judged.share_recent,
    judged.share_earlier,
    judged.rate_ratio,
    exp(judged.log_ratio - 1.959963985 * judged.log_ratio_error) as rate_ratio_low,
    exp(judged.log_ratio + 1.959963985 * judged.log_ratio_error) as rate_ratio_high,
    judged.p_value,
    judged.q_value,

    -- flags
    judged.is_leaf,
    {{ flag('judged.strength_rank = 1') }} as is_strongest_window,

    -- timestamps
    judged.recent_from,
    judged.last_day as recent_until
from judged
left join evidence
    on judged.cluster_path = evidence.cluster_path
