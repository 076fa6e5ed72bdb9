{#
    Grain: one row a text and category, as the active tagging model said it. A view: it leaves out other models' tags,
    nothing more. Without `with`, as `stg_jobs__feedback_tags`: some who read it want few texts.
#}

{{ config(materialized='view') }}

select
    tags.content_hash,
    tags.category,
    tags.model,
    tags.confidence,
    tags.rationale
from {{ ref('stg_jobs__feedback_tags') }} as tags
inner join {{ ref('int_models__active') }} as active_model
    on tags.model = active_model.model
where active_model.kind = 'tagging'
