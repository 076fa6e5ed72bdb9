{#
    Grain: one row a published cluster with feedback: who said it, of what, how it was rated and whether it
    grows. The interval of the mean is Student's, kept within the scale.
#}

with feedback as (
    select
        members.cluster_path,
        members.source,
        members.product,
        members.rating,
        everything.customer_id
    from {{ ref('int_clusters__feedback_by_level') }} as members
    inner join {{ ref('int_feedback__deduplicated') }} as everything
        on members.feedback_id = everything.feedback_id
),

windows as (
    select * from {{ ref('int_clusters__windows') }}
    where window_days = {{ var('recent_windows')[0] }}
),

totals as (
    select
        cluster_path,
        count(distinct customer_id) as count_customers,
        {{ average('rating') }} as mean_rating,
        {{ as_double('count(rating)') }} as count_rated,
        {{ as_double('sum(cast(rating * rating as decimal(18, 6)))') }}
        - {{ as_double('sum(cast(rating as decimal(12, 3)))') }}
        * {{ as_double('sum(cast(rating as decimal(12, 3)))') }}
        / nullif({{ as_double('count(rating)') }}, 0) as squares_about_mean
    from feedback
    group by cluster_path
),

errors as (
    select
        *,
        case
            when count_rated > 1
                then
                    {{ t_limit('(count_rated - 1.0)') }} * sqrt(
                        case when squares_about_mean > 0 then squares_about_mean else 0.0 end
                        / (count_rated - 1.0) / count_rated
                    )
        end as half_width
    from totals
),

product_counts as (
    select
        cluster_path,
        product,
        row_number() over (partition by cluster_path order by count(*) desc, product asc) as place
    from feedback
    where product is not null
    group by cluster_path, product
),

top_products as (
    select
        cluster_path,
        {{ joined_text('product', ', ', 'place') }} as top_products
    from product_counts
    where place <= 3
    group by cluster_path
),

source_counts as (
    select
        cluster_path,
        source,
        row_number() over (partition by cluster_path order by count(*) desc, source asc) as place
    from feedback
    where source is not null
    group by cluster_path, source
),

top_sources as (
    select
        cluster_path,
        {{ joined_text('source', ', ', 'place') }} as top_sources
    from source_counts
    where place <= 3
    group by cluster_path
)

select
    errors.cluster_path,
    top_products.top_products,
    top_sources.top_sources,
    case when errors.count_customers > 0 then errors.count_customers end as count_customers,
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
    - {{ ratio('windows.count_previous', 'windows.count_all_previous') }} as change_in_share
from errors
left join windows
    on errors.cluster_path = windows.cluster_path
left join top_products
    on errors.cluster_path = top_products.cluster_path
left join top_sources
    on errors.cluster_path = top_sources.cluster_path
