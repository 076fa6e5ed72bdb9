{#
    Grain: one row a word that a text of the sample had at the last full refresh, with about how many
    texts that makes. Increments add nothing: words that came since are rare. So the order from rare to common
    stays, and texts of different days are compared by the same one.
#}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='word',
    post_hook="{{ delete_vanished(ref('int_feedback__sampled_words'), 'word') }}"
) }}

with words as (
    select * from {{ ref('int_feedback__sampled_words') }}
    {% if is_incremental() %}
    where 1 = 0
    {% endif %}
)

select
    word,
    16 * count(*) as count_texts
from words
group by word
