{#
    A normalised text with its punctuation turned into spaces, for comparing words. `translate` maps character
    by character on both; regular expressions are not in T-SQL. The quote is doubled as SQL wants it. By code
    point, since a plain literal of T-SQL is not Unicode: quotation marks of several languages, dashes, ellipsis.
#}
{% macro words_only(expression) -%}
    {%- set marks = '.,;:!?()[]{}"-/\\|*_+=<>~&#@%^`' -%}
    {%- set beyond_ascii = [171, 187, 8222, 8220, 8221, 8218, 8216, 8217, 8230, 8211, 8212] -%}
    {%- set signs = ["'" ~ marks ~ "'''"] -%}
    {%- for number in beyond_ascii -%}
        {%- do signs.append(codepoint(number)) -%}
    {%- endfor -%}
    translate({{ expression }}, {{ dbt.concat(signs) }}, '{{ ' ' * (marks | length + 1 + beyond_ascii | length) }}')
{%- endmacro %}
