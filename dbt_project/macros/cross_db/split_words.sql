{#
    Joins each row with the pieces between spaces of a text, one row a piece, in column `word` of the alias:
    `from texts {{ split_words('texts.words_only', 'pieces') }}`. Empty pieces are there too.
#}
{% macro split_words(expression, alias) %}{{ return(adapter.dispatch('split_words', 'customer_insights')(expression, alias)) }}{% endmacro %}

{% macro postgres__split_words(expression, alias) -%}
    cross join lateral string_to_table({{ expression }}, ' ') as {{ alias }} (word)
{%- endmacro %}

{% macro sqlserver__split_words(expression, alias) -%}
    cross apply (select value as word from string_split({{ expression }}, ' ')) as {{ alias }}
{%- endmacro %}
