-- An interval never misses what it is the interval of.
select
    'rating_impact' as mart,
    theme,
    impact as estimate,
    impact_low as low,
    impact_high as high
from {{ ref('rating_impact') }}
where impact < impact_low or impact > impact_high
union all
select
    'emerging_clusters' as mart,
    cluster_path as theme,
    rate_ratio as estimate,
    rate_ratio_low as low,
    rate_ratio_high as high
from {{ ref('emerging_clusters') }}
where rate_ratio < rate_ratio_low or rate_ratio > rate_ratio_high
union all
select
    'cluster_summary' as mart,
    cluster_path as theme,
    mean_rating as estimate,
    mean_rating_low as low,
    mean_rating_high as high
from {{ ref('cluster_summary') }}
where mean_rating < mean_rating_low or mean_rating > mean_rating_high
