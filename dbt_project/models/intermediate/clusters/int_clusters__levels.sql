{# Grain: one row a published cluster, with the names of its ancestors at the first three levels. #}

with clusters as (
    select * from {{ ref('int_clusters__published') }}
),

ancestry as (
    select * from {{ ref('int_clusters__ancestry') }}
)

select
    ancestry.descendant_path as cluster_path,
    max(case when clusters.depth = 1 then clusters.cluster_path end) as level_1_path,
    max(case when clusters.depth = 1 then clusters.cluster_key end) as level_1_key,
    max(case when clusters.depth = 1 then clusters.cluster_name end) as level_1_name,
    max(case when clusters.depth = 2 then clusters.cluster_path end) as level_2_path,
    max(case when clusters.depth = 2 then clusters.cluster_key end) as level_2_key,
    max(case when clusters.depth = 2 then clusters.cluster_name end) as level_2_name,
    max(case when clusters.depth = 3 then clusters.cluster_path end) as level_3_path,
    max(case when clusters.depth = 3 then clusters.cluster_key end) as level_3_key,
    max(case when clusters.depth = 3 then clusters.cluster_name end) as level_3_name
from ancestry
inner join clusters
    on ancestry.ancestor_path = clusters.cluster_path
group by ancestry.descendant_path
