{#
    Grain: one row a pair of distinct texts that share most of their words (Jaccard index over the different
    words), the lower hash first; and one row a text with itself, which says that it was compared with all.

    Two texts that overlap by t or more share one of their n - ceil(t n) + 1 rarest words (prefix filter, Chaudhuri
    et al. 2006; Bayardo et al. 2007): only such pairs are compared, and only where enough words are left behind
    the shared one (positional filter, Xiao et al. 2008). Exact, but for words that more than
    `near_duplicate_max_texts_a_word` texts have. A pair's words follow from the hashes: rows never change.
#}

{% set overlap = var('near_duplicate_min_overlap') %}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['left_hash', 'right_hash'],
    post_hook=[
        "{{ delete_vanished(ref('int_feedback__deduplicated'), 'left_hash', 'content_hash') }}",
        "{{ delete_vanished(ref('int_feedback__deduplicated'), 'right_hash', 'content_hash') }}"
    ]
) }}

with rare_words as (
    select * from {{ ref('int_feedback__rare_words') }}
),

fresh as (
    select words.*
    from {{ ref('int_feedback__rare_words') }} as words
    {% if is_incremental() %}
        where not exists (
            select 1 from {{ this }} as known
            where known.left_hash = words.content_hash and known.right_hash = words.content_hash
        )
    {% endif %}
),

candidates as (
    select distinct
        case when fresh.content_hash < others.content_hash then fresh.content_hash else others.content_hash end
            as left_hash,
        case when fresh.content_hash < others.content_hash then others.content_hash else fresh.content_hash end
            as right_hash,
        fresh.count_words + others.count_words as count_both
    from fresh
    inner join rare_words as others
        on
            fresh.word = others.word
            and fresh.content_hash <> others.content_hash
            and fresh.count_words >= {{ overlap }} * others.count_words
            and others.count_words >= {{ overlap }} * fresh.count_words
            and {{ 1 + overlap }} * (fresh.count_words - fresh.rarity_rank + 1)
            >= {{ overlap }} * (fresh.count_words + others.count_words)
            and {{ 1 + overlap }} * (others.count_words - others.rarity_rank + 1)
            >= {{ overlap }} * (fresh.count_words + others.count_words)
    where fresh.count_texts <= {{ var('near_duplicate_max_texts_a_word') }}
),

compared as (
    select
        candidates.left_hash,
        candidates.right_hash,
        candidates.count_both,
        count(*) as count_shared_words
    from candidates
    inner join {{ ref('int_feedback__words') }} as lefts
        on candidates.left_hash = lefts.content_hash
    inner join {{ ref('int_feedback__words') }} as rights
        on
            candidates.right_hash = rights.content_hash
            and lefts.word = rights.word
    group by candidates.left_hash, candidates.right_hash, candidates.count_both
),

texts as (
    select distinct
        content_hash,
        count_words
    from fresh
)

select
    left_hash,
    right_hash,
    count_shared_words,
    {{ ratio('count_shared_words', 'count_both - count_shared_words') }} as word_overlap
from compared
where count_shared_words >= {{ overlap }} * (count_both - count_shared_words)
union all
select
    content_hash as left_hash,
    content_hash as right_hash,
    count_words as count_shared_words,
    {{ as_double('1') }} as word_overlap
from texts
