{#
    Grain: one row for each pair of a published cluster and one of its ancestors, itself included.
    A path begins with the paths of its ancestors: no recursion needed, which the two databases
    spell differently.
#}

with clusters as (
    select * from {{ ref('int_clusters__published') }}
)

select
    descendants.run_id,
    ancestors.cluster_path as ancestor_path,
    descendants.cluster_path as descendant_path,
    ancestors.depth as ancestor_depth,
    descendants.depth as descendant_depth,
    descendants.depth - ancestors.depth as distance
from clusters as descendants
inner join clusters as ancestors
    on
        descendants.run_id = ancestors.run_id
        and (
            descendants.cluster_path = ancestors.cluster_path
            or descendants.cluster_path like {{ dbt.concat(['ancestors.cluster_path', "'.%'"]) }}
        )
