{#
    Grain: one row a cluster and window in which it is tested for a change, with the chance that dates dealt out at random would
    bring a recent count as far from the expected one (Fisher's exact test, two-sided by doubling).

    Dealing the dates of all feedback out at random makes a cluster's recent count hypergeometric, so its tail
    is added up term by term: exact, whatever the sizes. Ten standard deviations from where the sum begins,
    nothing is left that a double could show.
#}

with clusters as (
    select * from {{ ref('int_clusters__published') }}
    where depth > 0 and not ({{ is_true('is_noise') }})
),

windows as (
    select * from {{ ref('int_clusters__windows') }}
),

numbers as (
    {{ whole_numbers() }}
),

counts as (
    select
        windows.cluster_path,
        windows.window_days,
        {{ as_double('windows.count_recent') }} as recent,
        {{ as_double('windows.count_feedback') }} as members,
        {{ as_double('windows.count_all_recent') }} as all_recent,
        {{ as_double('windows.count_all_feedback') }} as everything
    from windows
    inner join clusters
        on windows.cluster_path = clusters.cluster_path
    where windows.count_all_recent > 0 and windows.count_all_recent < windows.count_all_feedback
),

expected as (
    select
        *,
        members * all_recent / everything as expected_recent,
        10.0 * sqrt(
            members * (all_recent / everything) * (1.0 - all_recent / everything) * (everything - members)
            / (everything - 1.0)
        ) + 50.0 as longest_tail
    from counts
),

sided as (
    select
        *,
        {{ as_double('case when recent >= expected_recent then 1 else -1 end') }} as step,
        {{ log_factorial('members') }} + {{ log_factorial('(everything - members)') }}
        + {{ log_factorial('all_recent') }} + {{ log_factorial('(everything - all_recent)') }}
        - {{ log_factorial('everything') }} as log_constant
    from expected
),

longest as (
    select max(longest_tail) as longest_tail
    from sided
),

{# Doubles before they meet the clusters: the formulas below repeat what a term is made of a hundred times. #}
steps as (
    select {{ as_double('numbers.n') }} as n
    from longest
    inner join numbers
        on longest.longest_tail >= numbers.n
),

terms as (
    select
        sided.cluster_path,
        sided.window_days,
        sided.members,
        sided.all_recent,
        sided.everything,
        sided.log_constant,
        sided.recent + sided.step * steps.n as value_recent
    from sided
    inner join steps
        on sided.longest_tail >= steps.n
),

logs as (
    select
        cluster_path,
        window_days,
        log_constant - {{ log_factorial('value_recent') }} - {{ log_factorial('(members - value_recent)') }}
        - {{ log_factorial('(all_recent - value_recent)') }}
        - {{ log_factorial('(everything - members - all_recent + value_recent)') }} as log_chance
    from terms
    where
        value_recent >= 0
        and value_recent <= members
        and value_recent <= all_recent
        and everything - members - all_recent + value_recent >= 0
),

tails as (
    select
        cluster_path,
        window_days,
        {{ stable_sum(exponential('log_chance'), 30) }} as tail_chance
    from logs
    group by cluster_path, window_days
)

select
    sided.cluster_path,
    sided.window_days,
    sided.expected_recent,
    case when tails.tail_chance < 0.5 then 2.0 * tails.tail_chance else 1.0 end as p_value
from sided
inner join tails
    on
        sided.cluster_path = tails.cluster_path
        and sided.window_days = tails.window_days
