{#
    The body of a CTE: one row a text and different word in it, as `content_hash` and `word`, of the relation
    `texts` with columns content_hash and feedback_text. More than 100 letters are no word.
#}
{% macro different_words(texts) -%}
    select distinct
        spaced.content_hash,
        {{ as_key('pieces.word') }} as word
    from (
        select
            content_hash,
            {{ words_only(normalised_text('feedback_text')) }} as words_only
        from {{ texts }}
    ) as spaced
    {{ split_words('spaced.words_only', 'pieces') }}
    where pieces.word <> '' and substring(pieces.word, 101, 1) = ''
{%- endmacro %}
