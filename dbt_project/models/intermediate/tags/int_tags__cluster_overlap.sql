{#
    Grain: one row a category and cluster of the published run that share feedback, from the root down. Only
    feedback that was both tagged and placed counts.
#}

with placed as (
    select * from {{ ref('int_clusters__feedback_by_level') }}
),

tags as (
    select * from {{ ref('int_tags__current') }}
)

select
    tags.category,
    placed.cluster_path,
    count(*) as count_feedback
from placed
inner join tags
    on placed.content_hash = tags.content_hash
group by tags.category, placed.cluster_path
