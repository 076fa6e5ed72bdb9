{#
    Grain: one row a text that waits in a batch. What a customer took back or edited is not here, so
    that no answer to it is stored.
#}

with items as (
    select * from {{ ref('stg_jobs__api_batch_items') }}
    where status = 'waiting'
),

texts as (
    select * from {{ ref('int_feedback__deduplicated') }}
    where occurrence = 1
)

select
    items.batch_id,
    items.content_hash,
    texts.canonical_text as feedback_text
from items
inner join texts
    on items.content_hash = texts.content_hash
