{# A share that neither truncates whole numbers nor divides by zero. #}
{% macro ratio(part, whole) -%}
    cast({{ part }} as {{ type_double() }}) / nullif({{ whole }}, 0)
{%- endmacro %}
