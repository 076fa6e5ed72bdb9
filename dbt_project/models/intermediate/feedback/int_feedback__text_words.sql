{#
    Grain: one row a distinct text and different word in it, in texts of enough words. They follow from the text
    alone, so that an increment only adds those of new texts.
#}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='content_hash',
    indexes=[{'columns': ['word']}, {'columns': ['content_hash']}, {'columns': ['batch']}],
    post_hook="{{ delete_gone(['content_hash']) }}"
) }}

with texts as (
    select
        texts.content_hash,
        texts.batch,
        {{ words_only(normalised_text('feedback.feedback_text')) }} as words_only
    from {{ ref('int_feedback__texts') }} as texts
    inner join {{ ref('int_feedback__deduplicated') }} as feedback
        on texts.content_hash = feedback.content_hash
    where
        {{ is_true('feedback.is_canonical') }}
        and texts.batch > {{ last_batch() }}
),

words as (
    select
        texts.content_hash,
        different.word,
        different.count_words,
        texts.batch
    from texts
    {{ different_words('texts.words_only', 'different') }}
)

select
    content_hash,
    word,
    count_words,
    batch
from words
where count_words >= {{ number_var('near_duplicate_min_words', 1, whole=true) }}
