{#
    Grain: one row a distinct text and one of its rarest words, of which a near duplicate has at least one as
    well: n - ceil(t n) + 1 of n words. A table of its own, so that the planner knows how few they are.
#}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='content_hash',
    indexes=[{'columns': ['content_hash']}, {'columns': ['word']}],
    post_hook="{{ delete_vanished(ref('int_feedback__deduplicated'), 'content_hash') }}"
) }}

select
    words.content_hash,
    words.word,
    words.count_texts,
    words.count_words,
    words.rarity_rank
from {{ ref('int_feedback__words') }} as words
where words.rarity_rank <= words.count_words - ceiling({{ var('near_duplicate_min_overlap') }} * words.count_words) + 1
{% if is_incremental() %}
    and not exists (select 1 from {{ this }} as known where known.content_hash = words.content_hash)
{% endif %}
