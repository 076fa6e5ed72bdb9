{#
    Grain: one row a pair of distinct texts that share most of their words (Jaccard index over the different words),
    the lower hash first.

    Prefix filter (Chaudhuri et al. 2006; Bayardo et al. 2007; with two words instead of one, Wang et al. 2012): two
    texts that overlap by t or more have their two rarest common words among the n - ceil(t n) + 2 rarest of either, so
    only texts that share two of these are compared. Words that too many texts have bring no two together.

    An increment compares the texts of new batches with all: it is enough to look for the rare words of the new one
    anywhere in the other, which need no order of words that stays the same.
#}

-- depends_on: {{ ref('int_feedback__texts') }}
{% set overlap = number_var('near_duplicate_min_overlap', 0, 1) %}
{% set most = number_var('near_duplicate_max_texts_a_word', 1, whole=true) %}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['content_hash', 'similar_hash'],
    post_hook="{{ delete_gone(['content_hash', 'similar_hash']) }}"
) }}

with words as (
    select * from {{ ref('int_feedback__text_words') }}
    where batch > {{ last_batch() }}
),

{# Looked up once a word: without `over` Postgres works `count_texts` out wherever it is used below. #}
counted as (
    {% if is_incremental() %}
        select
            word,
            max(count_texts) over (partition by word) as count_texts
        from (
            select
                news.word,
                (
                    select count(*)
                    from (
                        select others.word
                        from {{ ref('int_feedback__text_words') }} as others
                        where others.word = news.word
                        order by others.word
                        {{ at_most(most + 1) }}
                    ) as found
                ) as count_texts
            from (select distinct word from words) as news
        ) as looked_up
    {% else %}
        select
            word,
            count(*) as count_texts
        from words
        group by word
    {% endif %}
),

ranked as (
    select
        words.content_hash,
        words.word,
        words.count_words,
        words.batch,
        counted.count_texts,
        row_number() over (partition by words.content_hash order by counted.count_texts asc, words.word asc)
            as rarity_rank
    from words
    inner join counted
        on words.word = counted.word
    where counted.count_texts <= {{ most }}
),

rarest as (
    select * from ranked
    where
        count_texts > 1
        and rarity_rank <= count_words - ceiling({{ overlap }} * count_words) + 2
),

candidates as (
    select
        case when rarest.content_hash < others.content_hash then rarest.content_hash else others.content_hash end
            as content_hash,
        case when rarest.content_hash < others.content_hash then others.content_hash else rarest.content_hash end
            as similar_hash,
        rarest.count_words + others.count_words as count_both,
        case when rarest.batch > others.batch then rarest.batch else others.batch end as batch
    from rarest
    inner join {% if is_incremental() %}{{ ref('int_feedback__text_words') }}{% else %}rarest{% endif %} as others
        on
            rarest.word = others.word
            and rarest.content_hash {% if is_incremental() %}<>{% else %}<{% endif %} others.content_hash
            and rarest.count_words >= {{ overlap }} * others.count_words
            and others.count_words >= {{ overlap }} * rarest.count_words
    group by
        rarest.content_hash,
        others.content_hash,
        rarest.count_words,
        others.count_words,
        rarest.batch,
        others.batch
    having count(*) >= 2
),

{# Distinct: a pair of two new texts was found from both sides, and words are counted once a pair. #}
compared as (
    select distinct
        candidates.content_hash,
        candidates.similar_hash,
        candidates.count_both,
        candidates.batch,
        (
            select count(*)
            from {{ ref('int_feedback__text_words') }} as lefts
            inner join {{ ref('int_feedback__text_words') }} as rights
                on lefts.word = rights.word
            where
                lefts.content_hash = candidates.content_hash
                and rights.content_hash = candidates.similar_hash
        ) as count_shared_words
    from candidates
)

select
    content_hash,
    similar_hash,
    count_shared_words,
    {{ ratio('count_shared_words', 'count_both - count_shared_words') }} as word_overlap,
    batch
from compared
where count_shared_words >= {{ overlap }} * (count_both - count_shared_words)
