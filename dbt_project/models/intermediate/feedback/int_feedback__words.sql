{#
    Grain: one row a distinct text and different word in it, in texts of enough words. Words are ranked from
    the rarest of all feedback to the commonest. More than 100 letters are no word.
#}

with texts as (
    select
        content_hash,
        {{ words_only(normalised_text('feedback_text')) }} as words_only
    from {{ ref('int_feedback__deduplicated') }}
    where {{ is_true('is_canonical') }}
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
        count(*) over (partition by word) as count_texts,
        count(*) over (partition by content_hash) as count_words
    from words
)

select
    content_hash,
    word,
    count_texts,
    count_words,
    row_number() over (partition by content_hash order by count_texts asc, word asc) as rarity_rank
from counted
where count_words >= {{ var('near_duplicate_min_words') }}
