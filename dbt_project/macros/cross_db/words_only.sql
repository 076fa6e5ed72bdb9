{#
    A normalised text with its punctuation turned into spaces, for comparing words. `translate` maps character
    by character on both; regular expressions are not in T-SQL. The quote is doubled as SQL wants it.
#}
{% macro words_only(expression) -%}
    {%- set marks = '.,;:!?()[]{}"«»„“”‚‘’…–—-/\\|*_+=<>~&#@%^`' -%}
    translate({{ expression }}, {{ unicode_literal(marks ~ "''") }}, {{ unicode_literal(' ' * (marks | length + 1)) }})
{%- endmacro %}
