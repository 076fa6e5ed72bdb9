{#
    Grain: one row a published cluster with feedback: how many texts and customers are in it. A text is in one
    deepest cluster only, so numbers of texts add up; a customer may be in many.
#}

with ancestry as (
    select * from {{ ref('int_clusters__ancestry') }}
),

{# Most texts are said once: only the others have to be told apart. #}
placed_texts as (
    select
        cluster_path,
        count(*) as count_texts
    from {{ ref('int_clusters__assigned_feedback') }}
    where count_occurrences = 1
    group by cluster_path
    union all
    select
        cluster_path,
        count(distinct content_hash) as count_texts
    from {{ ref('int_clusters__assigned_feedback') }}
    where count_occurrences > 1
    group by cluster_path
),

text_counts as (
    select
        ancestry.ancestor_path as cluster_path,
        {{ total('placed_texts.count_texts') }} as count_texts
    from placed_texts
    inner join ancestry
        on placed_texts.cluster_path = ancestry.descendant_path
    group by ancestry.ancestor_path
),

placed_customers as (
    select distinct
        cluster_path,
        customer_id
    from {{ ref('int_clusters__assigned_feedback') }}
    where customer_id is not null
),

customers as (
    select distinct
        ancestry.ancestor_path as cluster_path,
        placed_customers.customer_id
    from placed_customers
    inner join ancestry
        on placed_customers.cluster_path = ancestry.descendant_path
),

customer_counts as (
    select
        cluster_path,
        count(*) as count_customers
    from customers
    group by cluster_path
)

select
    text_counts.cluster_path,
    text_counts.count_texts,
    customer_counts.count_customers
from text_counts
left join customer_counts
    on text_counts.cluster_path = customer_counts.cluster_path
