{#
    Grain: one row a text that waits in a batch at the provider, for one job and model. A view: a
    text is out of the pending sets as soon as it is set aside, and in again when it is given back.
#}

{{ config(materialized='view') }}

with batches as (
    select * from {{ ref('stg_jobs__api_batches') }}
),

waiting as (
    select * from {{ ref('stg_jobs__api_batch_items') }}
    where status = 'waiting'
)

select distinct
    batches.job,
    waiting.content_hash,
    batches.model,
    batches.dimensions,
    batches.taxonomy_hash,
    batches.prompt_hash
from waiting
inner join batches
    on waiting.batch_id = batches.batch_id
