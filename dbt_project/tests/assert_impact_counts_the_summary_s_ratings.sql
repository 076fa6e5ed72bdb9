-- What a theme's impact was estimated from are the ratings that its summary counts.
select
    impact.theme_kind,
    impact.theme,
    impact.count_rated,
    impact.count_compared,
    coalesce(clusters.count_rated, tags.count_rated) as count_rated_in_summary
from {{ ref('rating_impact') }} as impact
left join {{ ref('cluster_summary') }} as clusters
    on
        impact.theme_kind = 'cluster'
        and impact.theme = clusters.cluster_path
left join {{ ref('tag_summary') }} as tags
    on
        impact.theme_kind = 'category'
        and impact.theme = tags.category
where
    impact.count_rated <> coalesce(clusters.count_rated, tags.count_rated)
    or impact.count_compared > impact.count_rated
