{#
    Grain: one row a distinct text and different word in it, in texts of enough words. Words are ranked from the
    rarest to the commonest. All of it follows from the text's hash and the order of words of the last full
    refresh: rows come and go with texts, and never change.
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
        feedback.feedback_text
    from {{ ref('int_feedback__deduplicated') }} as feedback
    where {{ is_true('feedback.is_canonical') }}
    {% if is_incremental() %}
        and not exists (select 1 from {{ this }} as known where known.content_hash = feedback.content_hash)
    {% endif %}
),

words as (
    {{ different_words('texts') }}
),

counted as (
    select
        words.content_hash,
        words.word,
        coalesce(common.count_texts, 0) as count_texts,
        count(*) over (partition by words.content_hash) as count_words
    from words
    left join {{ ref('int_feedback__common_words') }} as common
        on words.word = common.word
)

select
    content_hash,
    word,
    count_texts,
    count_words,
    row_number() over (partition by content_hash order by count_texts asc, word asc) as rarity_rank
from counted
where count_words >= {{ var('near_duplicate_min_words') }}
