{#
    Grain: one row a distinct text and different word in it, in texts of enough words. More than 100 letters are
    no word. A text's words follow from its hash: rows come and go with texts, and never change.
#}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='content_hash',
    indexes=[{'columns': ['content_hash']}, {'columns': ['word']}],
    post_hook="{{ delete_vanished(ref('int_feedback__deduplicated'), 'content_hash') }}"
) }}

with texts as (
    select
        feedback.content_hash,
        {{ words_only(normalised_text('feedback.feedback_text')) }} as words_only
    from {{ ref('int_feedback__deduplicated') }} as feedback
    where
        {{ is_true('feedback.is_canonical') }}
        {% if is_incremental() %}
        and not exists (select 1 from {{ this }} as known where known.content_hash = feedback.content_hash)
        {% endif %}
),

words as (
    select distinct
        texts.content_hash,
        {{ as_key('pieces.word') }} as word
    from texts
    {{ split_words('texts.words_only', 'pieces') }}
    where pieces.word <> '' and substring(pieces.word, 101, 1) = ''
),

counted as (
    select
        content_hash,
        word,
        count(*) over (partition by content_hash) as count_words
    from words
)

select
    content_hash,
    word,
    count_words
from counted
where count_words >= {{ var('near_duplicate_min_words') }}
