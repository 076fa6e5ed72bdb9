{#
    Grain: one row a distinct text and one of its rarest words, of which a near duplicate has at least one as
    well: n - ceil(t n) + 1 of n words (prefix filter, Chaudhuri et al. 2006; Bayardo et al. 2007).
#}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='content_hash',
    indexes=[{'columns': ['content_hash']}, {'columns': ['word']}],
    post_hook="{{ delete_vanished(ref('int_feedback__deduplicated'), 'content_hash') }}"
) }}

with words as (
    select text_words.*
    from {{ ref('int_feedback__text_words') }} as text_words
    {% if is_incremental() %}
    where not exists (select 1 from {{ this }} as known where known.content_hash = text_words.content_hash)
    {% endif %}
),

ranked as (
    select
        words.content_hash,
        words.word,
        words.count_words,
        counts.count_texts,
        row_number() over (
            partition by words.content_hash order by counts.count_texts asc, words.word asc
        ) as rarity_rank
    from words
    inner join {{ ref('int_feedback__word_counts') }} as counts
        on words.word = counts.word
)

select
    content_hash,
    word,
    count_words,
    count_texts,
    rarity_rank
from ranked
where rarity_rank <= count_words - ceiling({{ var('near_duplicate_min_overlap') }} * count_words) + 1
