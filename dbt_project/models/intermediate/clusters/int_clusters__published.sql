{#
    Grain: one row a cluster of the published run. With `as_of`, of the run that was published then, under the
    names of then; a cluster without a version then, or whose version was erased, is called what its run calls it.
#}

with runs as (
    select * from {{ ref('int_clusters__published_run') }}
),

clusters as (
    select * from {{ ref('int_clusters__named') }}
),

keywords as (
    select * from {{ ref('int_clusters__keywords') }}
),

{% if as_of_then() %}
    versions as (
        select
            *,
            min(dbt_valid_from) over (partition by cluster_key) as first_valid_from
        from {{ ref('cluster_name_history') }}
    ),

    given as (
        select * from versions
        where
            (dbt_valid_from < {{ as_of_end() }} or dbt_valid_from = first_valid_from)
            and (dbt_valid_to is null or dbt_valid_to >= {{ as_of_end() }})
    ),

    called as (
        select
            clusters.run_id,
            clusters.cluster_path,
            clusters.cluster_key,
            clusters.parent_path,
            coalesce(given.cluster_name, clusters.cluster_name) as cluster_name,
            coalesce(given.summary, clusters.summary) as summary,
            case when given.cluster_name is null then clusters.named_by_provider else given.named_by_provider end
                as named_by_provider,
            case when given.cluster_name is null then clusters.named_by_model else given.named_by_model end
                as named_by_model,
            case when given.cluster_name is null then clusters.prompt_hash else given.prompt_hash end as prompt_hash,
            clusters.depth,
            clusters.count_texts,
            clusters.persistence,
            clusters.stability,
            clusters.is_noise,
            clusters.is_leaf
        from clusters
        left join given
            on clusters.cluster_key = given.cluster_key
    )
{% else %}
    called as (
        select * from clusters
    )
{% endif %}

select
    called.run_id,
    called.cluster_path,
    called.cluster_key,
    called.parent_path,
    called.cluster_name,
    called.summary,
    keywords.keywords,
    called.named_by_provider,
    called.named_by_model,
    called.prompt_hash,
    called.depth,
    called.count_texts,
    called.persistence,
    called.stability,
    called.is_noise,
    called.is_leaf,
    runs.published_at
from called
inner join runs
    on called.run_id = runs.run_id
left join keywords
    on
        called.run_id = keywords.run_id
        and called.cluster_path = keywords.cluster_path
