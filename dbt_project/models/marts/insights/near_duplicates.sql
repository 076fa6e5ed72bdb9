{#
    Grain: one row a pair of distinct texts that share most of their words (Jaccard index over the different
    words), named by the first feedback of each; the later one first.

    Prefix filter (Chaudhuri et al. 2006; Bayardo et al. 2007): two texts that overlap by t or more have one
    of their rarest words in common, so only texts that share one of their n - ceil(t n) + 1 rarest are compared;
    and only where enough words are left behind the shared one (positional filter, Xiao et al. 2008). A pair
    that is left out by one of its shared words is found by the rarest of them.
#}

{% set overlap = var('near_duplicate_min_overlap') %}

with words as (
    select * from {{ ref('int_feedback__words') }}
),

rarest as (
    select
        content_hash,
        word,
        count_words,
        count_words - rarity_rank + 1 as count_behind
    from words
    where
        rarity_rank <= count_words - ceiling({{ overlap }} * count_words) + 1
        and count_texts <= {{ var('near_duplicate_max_texts_a_word') }}
),

candidates as (
    select distinct
        lefts.content_hash as left_hash,
        rights.content_hash as right_hash,
        lefts.count_words + rights.count_words as count_both
    from rarest as lefts
    inner join rarest as rights
        on
            lefts.word = rights.word
            and lefts.content_hash < rights.content_hash
            and lefts.count_words >= {{ overlap }} * rights.count_words
            and rights.count_words >= {{ overlap }} * lefts.count_words
            and {{ 1 + overlap }} * lefts.count_behind >= {{ overlap }} * (lefts.count_words + rights.count_words)
            and {{ 1 + overlap }} * rights.count_behind >= {{ overlap }} * (lefts.count_words + rights.count_words)
),

compared as (
    select
        candidates.left_hash,
        candidates.right_hash,
        candidates.count_both,
        count(*) as count_shared_words
    from candidates
    inner join words as lefts
        on candidates.left_hash = lefts.content_hash
    inner join words as rights
        on
            candidates.right_hash = rights.content_hash
            and lefts.word = rights.word
    group by candidates.left_hash, candidates.right_hash, candidates.count_both
),

alike as (
    select
        *,
        {{ ratio('count_shared_words', 'count_both - count_shared_words') }} as word_overlap
    from compared
    where count_shared_words >= {{ overlap }} * (count_both - count_shared_words)
),

texts as (
    select * from {{ ref('int_feedback__deduplicated') }}
    where {{ is_true('is_canonical') }}
),

ordered as (
    select
        alike.*,
        case
            when lefts.created_at < rights.created_at then 1
            when lefts.created_at = rights.created_at and lefts.feedback_id < rights.feedback_id then 1
            else 0
        end as is_left_first
    from alike
    inner join texts as lefts
        on alike.left_hash = lefts.content_hash
    inner join texts as rights
        on alike.right_hash = rights.content_hash
)

select
    -- ids
    later.feedback_id,
    earlier.feedback_id as first_feedback_id,

    -- text
    later.feedback_text,
    earlier.feedback_text as first_feedback_text,

    -- numbers
    ordered.count_shared_words,
    ordered.word_overlap,
    later.count_occurrences,
    earlier.count_occurrences as count_first_occurrences,

    -- flags
    {{ flag('later.customer_id = earlier.customer_id') }} as is_same_customer,

    -- timestamps
    later.created_at,
    earlier.created_at as first_created_at
from ordered
inner join texts as later
    on later.content_hash = case when ordered.is_left_first = 1 then ordered.right_hash else ordered.left_hash end
inner join texts as earlier
    on earlier.content_hash = case when ordered.is_left_first = 1 then ordered.left_hash else ordered.right_hash end
