{#
    Grain: one row a kind of model call. The model that the last job activated, or the project's
    default until a job has run. A view, so that a pending set follows the job that reads it.
#}

{{ config(materialized='view') }}

with activated as (
    select * from {{ ref('stg_jobs__active_models') }}
),

defaults as (
    select
        {{ as_key("'embedding'") }} as kind,
        {{ as_key("'" ~ var('default_embedding_model') ~ "'") }} as model,
        {{ number_var('default_embedding_dimensions', 1, whole=true) }} as dimensions
    union all
    select
        {{ as_key("'tagging'") }} as kind,
        {{ as_key("'" ~ var('default_tagging_model') ~ "'") }} as model,
        null as dimensions
)

select
    defaults.kind,
    activated.provider,
    coalesce(activated.model, defaults.model) as model,
    case when activated.kind is null then defaults.dimensions else activated.dimensions end as dimensions,
    activated.taxonomy_hash,
    activated.prompt_hash
from defaults
left join activated
    on defaults.kind = activated.kind
