-- A name in the seed `cluster_names` whose key no run has: mistyped, or of another database.
{{ config(severity=var('unknown_name_severity')) }}

select given.cluster_key
from {{ ref('stg_names__clusters') }} as given
left join {{ ref('stg_jobs__clusters') }} as clusters
    on given.cluster_key = clusters.cluster_key
where clusters.cluster_key is null
