{# Grain: one row a feedback whose text has a vector of the active embedding model. #}

with feedback as (
    select * from {{ ref('int_feedback__deduplicated') }}
),

active_model as (
    select * from {{ ref('int_models__active') }}
    where kind = 'embedding'
),

embedded as (
    select * from {{ ref('stg_jobs__embedded_items') }}
)

select
    feedback.feedback_id,
    feedback.content_hash,
    embedded.model,
    feedback.canonical_text as feedback_text,
    embedded.dimensions,
    feedback.rating,
    feedback.created_at
from feedback
inner join embedded
    on feedback.content_hash = embedded.content_hash
inner join active_model
    on
        embedded.model = active_model.model
        and embedded.dimensions = active_model.dimensions
