{#
    The mean as a double: T-SQL's avg() of whole numbers truncates. Added up as decimals, since the sum of
    doubles depends on the order in which a plan meets them, and a mart must not change with the plan.
#}
{% macro average(expression) -%}
    cast(avg(cast({{ expression }} as decimal(38, 15))) as {{ type_double() }})
{%- endmacro %}
