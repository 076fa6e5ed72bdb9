{# Grain: one row for each pair of a cluster and one of its ancestors, itself included. #}

with ancestry as (
    select * from {{ ref('int_clusters__ancestry') }}
),

clusters as (
    select * from {{ ref('int_clusters__published') }}
)

select
    -- ids
    ancestry.ancestor_path,
    ancestry.descendant_path,
    ancestry.run_id,

    -- text
    ancestors.cluster_name as ancestor_name,
    descendants.cluster_name as descendant_name,

    -- numbers
    ancestry.ancestor_depth,
    ancestry.descendant_depth,
    ancestry.distance,

    -- flags
    descendants.is_leaf as descendant_is_leaf,
    descendants.is_noise as descendant_is_noise
from ancestry
inner join clusters as ancestors
    on ancestry.ancestor_path = ancestors.cluster_path
inner join clusters as descendants
    on ancestry.descendant_path = descendants.cluster_path
