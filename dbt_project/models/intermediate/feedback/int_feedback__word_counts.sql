{#
    Grain: one row a word, with how many texts had it when it was first met: an order from rare to common that
    stays until the next full refresh, so that texts of different days are compared by the same one.
#}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='word',
    indexes=[{'columns': ['word']}],
    post_hook="{{ delete_vanished(ref('int_feedback__text_words'), 'word') }}"
) }}

with words as (
    select text_words.word
    from {{ ref('int_feedback__text_words') }} as text_words
    {% if is_incremental() %}
    where not exists (select 1 from {{ this }} as known where known.word = text_words.word)
    {% endif %}
)

select
    word,
    count(*) as count_texts
from words
group by word
