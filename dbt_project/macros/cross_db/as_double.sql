{# A whole or decimal number as a double: T-SQL's division of whole numbers truncates. #}
{% macro as_double(expression) -%}
    cast({{ expression }} as {{ type_double() }})
{%- endmacro %}
