-- Drill-down loses nothing: a cluster has one ancestor a level, itself and the root included.
select
    clusters.cluster_path,
    clusters.depth,
    count(hierarchy.ancestor_path) as count_ancestors
from {{ ref('clusters') }} as clusters
left join {{ ref('cluster_hierarchy') }} as hierarchy
    on clusters.cluster_path = hierarchy.descendant_path
group by clusters.cluster_path, clusters.depth
having count(hierarchy.ancestor_path) <> clusters.depth + 1
