{#
    Joins each row with the different words between the spaces of a text, one row a word, as columns `word` and
    `count_words` (how many there are) of the alias: `from texts {{ different_words('texts.spaced', 'words') }}`.
    Told apart within each text: no table of all words has to be sorted. More than 100 letters are no word.
#}
{% macro different_words(expression, alias) %}{{ return(adapter.dispatch('different_words', 'customer_insights')(expression, alias)) }}{% endmacro %}

{% macro postgres__different_words(expression, alias) -%}
    cross join lateral (
        select
            {{ as_key('pieces.word') }} as word,
            cast(count(*) over () as integer) as count_words
        from string_to_table({{ expression }}, ' ') as pieces (word)
        where pieces.word <> '' and substring(pieces.word, 101, 1) = ''
        group by {{ as_key('pieces.word') }}
    ) as {{ alias }}
{%- endmacro %}

{% macro sqlserver__different_words(expression, alias) -%}
    cross apply (
        select
            {{ as_key('pieces.value') }} as word,
            cast(count(*) over () as integer) as count_words
        from string_split({{ expression }}, ' ') as pieces
        where pieces.value <> '' and substring(pieces.value, 101, 1) = ''
        group by {{ as_key('pieces.value') }}
    ) as {{ alias }}
{%- endmacro %}
