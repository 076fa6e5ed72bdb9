-- A finding names its sign, its certainty and something to read.
select
    'rating_impact' as mart,
    theme,
    verdict
from {{ ref('rating_impact') }}
where
    verdict in ('costs stars', 'adds stars')
    and (
        exemplar_feedback_ids is null
        or model is null
        or (verdict = 'costs stars' and impact_high >= 0)
        or (verdict = 'adds stars' and impact_low <= 0)
    )
union all
select
    'emerging_clusters' as mart,
    cluster_path as theme,
    movement as verdict
from {{ ref('emerging_clusters') }}
where
    movement in ('new', 'rising', 'fading')
    and (
        exemplar_feedback_ids is null
        or (movement = 'fading' and count_recent >= expected_recent)
        or (movement <> 'fading' and count_recent <= expected_recent)
    )
