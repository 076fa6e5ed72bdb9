{#
    The sum of doubles as a double, the same in whatever order a plan meets them: added up as decimals with
    `scale` places.
#}
{% macro stable_sum(expression, scale=15) -%}
    cast(sum(cast({{ expression }} as decimal(38, {{ scale }}))) as {{ type_double() }})
{%- endmacro %}
