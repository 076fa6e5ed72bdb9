{# The mean as a double: T-SQL's avg() of whole numbers truncates. #}
{% macro average(expression) -%}
    avg(cast({{ expression }} as {{ type_double() }}))
{%- endmacro %}
