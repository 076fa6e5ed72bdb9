{#
    Grain: one row a published cluster, list of categories (null where a text has none) and sentiment. Only
    feedback that was both placed and tagged counts.
#}

with placed as (
    select
        feedback.cluster_path,
        items.categories,
        items.count_categories,
        items.sentiment,
        count(*) as count_feedback
    from {{ ref('int_clusters__assigned_feedback') }} as feedback
    inner join {{ ref('int_tags__by_text') }} as items
        on feedback.content_hash = items.content_hash
    group by feedback.cluster_path, items.categories, items.count_categories, items.sentiment
)

select
    ancestry.ancestor_path as cluster_path,
    placed.categories,
    placed.count_categories,
    placed.sentiment,
    {{ total('placed.count_feedback') }} as count_feedback
from placed
inner join {{ ref('int_clusters__ancestry') }} as ancestry
    on placed.cluster_path = ancestry.descendant_path
group by ancestry.ancestor_path, placed.categories, placed.count_categories, placed.sentiment
