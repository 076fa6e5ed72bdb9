{#
    Grain: one row a cluster of the published run (noise and root left out) and one row a category that feedback
    of the run carries: how well the tree and the taxonomy explain each other.
#}

{% set least_share = number_var('gap_min_share_of_all', 0, 1) %}

with clusters as (
    select * from {{ ref('int_clusters__published') }}
),

overlap as (
    select * from {{ ref('int_tags__cluster_overlap') }}
),

tagged as (
    select
        cluster_path,
        {{ as_double(total('count_feedback')) }} as count_feedback,
        {{ as_double(total('case when count_categories = 0 then count_feedback else 0 end')) }} as count_unmatched
    from {{ ref('int_tags__by_cluster') }}
    group by cluster_path
),

{# A run may be published before anything is tagged. #}
totals as (
    select coalesce(max(count_feedback), 0.0) as count_all_feedback
    from tagged
    where cluster_path = 'root'
),

categories_of_clusters as (
    select
        overlap.cluster_path,
        overlap.category,
        overlap.count_feedback,
        row_number() over (
            partition by overlap.cluster_path order by overlap.count_feedback desc, overlap.category asc
        ) as place
    from overlap
),

{# Level 1 holds each feedback once, and parts of one theme together. #}
level_1 as (
    select
        overlap.category,
        overlap.cluster_path,
        clusters.cluster_name,
        clusters.is_noise,
        {{ as_double('overlap.count_feedback') }} as count_feedback,
        case when {{ is_true('clusters.is_noise') }} then 0.0 else {{ as_double('overlap.count_feedback') }} end
            as count_matched
    from overlap
    inner join clusters
        on overlap.cluster_path = clusters.cluster_path
    where clusters.depth = 1
),

clusters_of_categories as (
    select
        category,
        cluster_name,
        cluster_path,
        count_feedback,
        row_number() over (partition by category order by count_feedback desc, cluster_path asc) as place
    from level_1
    where not ({{ is_true('is_noise') }})
),

spreads as (
    select
        category,
        {{ stable_sum('count_feedback') }} as count_feedback,
        {{ stable_sum('count_feedback - count_matched') }} as count_unmatched,
        {{ stable_sum('count_matched') }} as count_matched,
        {{ stable_sum('count_matched * count_matched') }} as sum_squares
    from level_1
    group by category
),

spreads_of_clusters as (
    select
        cluster_path,
        {{ stable_sum(as_double('count_feedback')) }} as count_matched,
        {{ stable_sum(as_double('count_feedback') ~ ' * ' ~ as_double('count_feedback')) }} as sum_squares
    from overlap
    group by cluster_path
),

cluster_rows as (
    select
        {{ as_key("'cluster'") }} as theme_kind,
        clusters.cluster_path as theme,
        {{ as_exact('clusters.cluster_name') }} as theme_name,
        clusters.cluster_key,
        clusters.depth,
        best.category as best_match,
        best.category as best_match_name,
        coalesce(tagged.count_feedback, 0.0) as count_feedback,
        {{ ratio('best.count_feedback', 'tagged.count_feedback') }} as share_of_best_match,
        {{ ratio('tagged.count_unmatched', 'tagged.count_feedback') }} as share_unmatched,
        spreads_of_clusters.count_matched * spreads_of_clusters.count_matched / spreads_of_clusters.sum_squares
            as effective_matches
    from clusters
    left join tagged
        on clusters.cluster_path = tagged.cluster_path
    left join categories_of_clusters as best
        on
            clusters.cluster_path = best.cluster_path
            and best.place = 1
    left join spreads_of_clusters
        on clusters.cluster_path = spreads_of_clusters.cluster_path
    where clusters.depth > 0 and not ({{ is_true('clusters.is_noise') }})
),

category_rows as (
    select
        {{ as_key("'category'") }} as theme_kind,
        spreads.category as theme,
        spreads.category as theme_name,
        {{ as_key('null') }} as cluster_key,
        cast(null as integer) as depth,
        best.cluster_path as best_match,
        {{ as_exact('best.cluster_name') }} as best_match_name,
        spreads.count_feedback,
        {{ ratio('best.count_feedback', 'spreads.count_feedback') }} as share_of_best_match,
        {{ ratio('spreads.count_unmatched', 'spreads.count_feedback') }} as share_unmatched,
        spreads.count_matched * spreads.count_matched / nullif(spreads.sum_squares, 0) as effective_matches
    from spreads
    left join clusters_of_categories as best
        on
            spreads.category = best.category
            and best.place = 1
),

themes as (
    select * from cluster_rows
    union all
    select * from category_rows
),

judged as (
    select
        themes.*,
        {{ ratio('themes.count_feedback', 'totals.count_all_feedback') }} as share_of_all,
        case
            when themes.count_feedback = 0 then 'none'
            when themes.count_feedback < {{ least_share }} * totals.count_all_feedback then 'none'
            when
                themes.theme_kind = 'cluster'
                and coalesce(themes.share_of_best_match, 0) < {{ number_var('gap_max_share_of_best', 0, 1) }}
                then 'unexplained cluster'
            when
                themes.theme_kind = 'category'
                and coalesce(themes.effective_matches, 0) >= {{ number_var('gap_min_effective_clusters', 1) }}
                then 'scattered category'
            else 'none'
        end as gap
    from themes
    cross join totals
),

runs as (
    select max(run_id) as run_id
    from clusters
),

models as (
    select max(tagged_by_model) as tagged_by_model
    from {{ ref('int_tags__evidence') }}
)

select
    -- ids
    judged.theme_kind,
    judged.theme,
    judged.cluster_key,
    runs.run_id,
    models.tagged_by_model,
    coalesce(cluster_evidence.exemplar_feedback_ids, tag_evidence.exemplar_feedback_ids) as exemplar_feedback_ids,

    -- text
    judged.theme_name,
    judged.best_match,
    judged.best_match_name,
    judged.gap,

    -- numbers
    judged.depth,
    cast(judged.count_feedback as bigint) as count_feedback,
    judged.share_of_all,
    judged.share_of_best_match,
    judged.share_unmatched,
    judged.effective_matches
from judged
cross join runs
cross join models
left join {{ ref('int_clusters__evidence') }} as cluster_evidence
    on
        judged.theme_kind = 'cluster'
        and judged.theme = cluster_evidence.cluster_path
left join {{ ref('int_tags__evidence') }} as tag_evidence
    on
        judged.theme_kind = 'category'
        and judged.theme = tag_evidence.category
