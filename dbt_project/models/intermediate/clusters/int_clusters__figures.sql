{#
    Grain: one row a published cluster with feedback: what it adds up to, of what it is, how it was rated and
    whether it grows. The interval of the mean is Student's, kept within the scale.
#}

with windows as (
    select * from {{ ref('int_clusters__windows') }}
    where window_days = {{ recent_windows()[0] }}
),

placed as (
    select
        cluster_path,
        product,
        source,
        count(*) as count_feedback,
        count(assigned_at) as count_assigned,
        count(rating) as count_rated,
        count(case when rating <= 2 then 1 end) as count_low_rated,
        count(case when rating >= 4 then 1 end) as count_high_rated,
        sum(cast(rating as decimal(12, 3))) as sum_rating,
        sum(cast(rating * rating as decimal(18, 6))) as sum_squares,
        min(created_at) as first_seen_at,
        max(created_at) as last_seen_at
    from {{ ref('int_clusters__assigned_feedback') }}
    group by cluster_path, product, source
),

mixes as (
    select
        ancestry.ancestor_path,
        placed.*
    from placed
    inner join {{ ref('int_clusters__ancestry') }} as ancestry
        on placed.cluster_path = ancestry.descendant_path
),

{% for mark in ['product', 'source'] %}
    {{ mark }}_counts as (
        select
            ancestor_path as cluster_path,
            {{ mark }},
            row_number() over (
                partition by ancestor_path order by {{ total('count_feedback') }} desc, {{ mark }} asc
            ) as place
        from mixes
        where {{ mark }} is not null
        group by ancestor_path, {{ mark }}
    ),

    top_{{ mark }}s as (
        select
            cluster_path,
            {{ joined_text(mark, ', ', 'place') }} as top_{{ mark }}s
        from {{ mark }}_counts
        where place <= 3
        group by cluster_path
    ),

{% endfor %}
totals as (
    select
        ancestor_path as cluster_path,
        {{ total('count_feedback') }} as count_feedback,
        {{ total('count_assigned') }} as count_assigned,
        {{ total('count_rated') }} as count_rated,
        {{ total('count_low_rated') }} as count_low_rated,
        {{ total('count_high_rated') }} as count_high_rated,
        {{ as_double('sum(sum_rating)') }} as sum_rating,
        {{ as_double('sum(sum_squares)') }} as sum_squares,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from mixes
    group by ancestor_path
),

means as (
    select
        *,
        {{ as_double('count_rated - 1') }} as freedom,
        sum_rating / nullif(count_rated, 0) as mean_rating,
        sum_squares - sum_rating * sum_rating / nullif(count_rated, 0) as squares_about_mean
    from totals
),

errors as (
    select
        *,
        case
            when freedom > 0
                then
                    {{ t_limit('freedom') }} * sqrt(
                        case when squares_about_mean > 0 then squares_about_mean else 0.0 end / freedom / count_rated
                    )
        end as half_width
    from means
)

select
    errors.cluster_path,
    top_products.top_products,
    top_sources.top_sources,
    errors.count_feedback,
    errors.count_assigned,
    errors.count_rated,
    errors.count_low_rated,
    errors.count_high_rated,
    errors.mean_rating,
    case
        when errors.mean_rating - errors.half_width < 1.0 then 1.0
        else errors.mean_rating - errors.half_width
    end as mean_rating_low,
    case
        when errors.mean_rating + errors.half_width > 5.0 then 5.0
        else errors.mean_rating + errors.half_width
    end as mean_rating_high,
    windows.count_recent,
    windows.count_previous,
    {{ ratio('windows.count_recent', 'windows.count_all_recent') }}
    - {{ ratio('windows.count_previous', 'windows.count_all_previous') }} as change_in_share,
    errors.first_seen_at,
    errors.last_seen_at
from errors
left join windows
    on errors.cluster_path = windows.cluster_path
left join top_products
    on errors.cluster_path = top_products.cluster_path
left join top_sources
    on errors.cluster_path = top_sources.cluster_path
