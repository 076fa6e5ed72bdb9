{#
    Grain: one row a text and category, as the active tagging model said it. A view: it leaves out other models' tags,
    nothing more.
#}

{{ config(materialized='view') }}

with tags as (
    select * from {{ ref('stg_jobs__feedback_tags') }}
),

active_model as (
    select * from {{ ref('int_models__active') }}
    where kind = 'tagging'
)

select
    tags.content_hash,
    tags.category,
    tags.model,
    tags.confidence,
    tags.rationale
from tags
inner join active_model
    on tags.model = active_model.model
