{# Grain: one row a cluster key and version of what it was called while its run was published. #}
{% snapshot cluster_name_history %}
{% set said = ["coalesce(clusters.cluster_name, '')", codepoint(31), "coalesce(clusters.summary, '')"] %}
select
    clusters.cluster_key,
    clusters.cluster_name,
    clusters.summary,
    {{ sha256_hex(dbt.concat(said)) }} as name_hash,
    clusters.named_by_provider,
    clusters.named_by_model,
    clusters.prompt_hash
from {{ ref('int_clusters__named') }} as clusters
inner join {{ ref('stg_jobs__cluster_runs') }} as runs
    on clusters.run_id = runs.run_id
where runs.status = 'published'
{% endsnapshot %}
