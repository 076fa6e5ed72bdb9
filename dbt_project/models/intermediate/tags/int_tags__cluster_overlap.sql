{#
    Grain: one row a category and cluster of the published run that share feedback, from the root down. Only
    feedback that was both tagged and placed counts.
#}

select
    lists.category,
    placed.cluster_path,
    {{ total('placed.count_feedback') }} as count_feedback
from {{ ref('int_tags__by_cluster') }} as placed
inner join {{ ref('int_tags__category_lists') }} as lists
    on
        placed.categories = lists.categories
        and placed.count_categories = lists.count_categories
group by lists.category, placed.cluster_path
