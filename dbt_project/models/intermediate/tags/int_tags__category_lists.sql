{#
    Grain: one row a list of categories that some text has, and category in it. Texts are many, lists few: what
    is counted by list says as much of each category. Lists that read the same have the same number of
    categories, or `a, b` would be two categories or one with a comma in its name.
#}

with lists as (
    select
        categories,
        count_categories,
        min(content_hash) as content_hash
    from {{ ref('int_tags__by_text') }}
    where count_categories > 0
    group by categories, count_categories
)

select
    lists.categories,
    lists.count_categories,
    tags.category
from lists
inner join {{ ref('int_tags__current') }} as tags
    on lists.content_hash = tags.content_hash
