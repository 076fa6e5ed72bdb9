{#
    Grain: one row a distinct text and different word in it, of a sixteenth of all texts: those whose hash begins
    with a zero. Enough to tell common words from rare ones. A view: little is read, and seldom.
#}

{{ config(materialized='view') }}

with texts as (
    select
        content_hash,
        feedback_text
    from {{ ref('int_feedback__deduplicated') }}
    where {{ is_true('is_canonical') }} and content_hash like '0%'
)

{{ different_words('texts') }}
