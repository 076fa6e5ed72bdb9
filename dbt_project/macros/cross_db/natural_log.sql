{# The logarithm to base e, of and as a double: `log` means base 10 on one and base e on the other. #}
{% macro natural_log(expression) %}{{ return(adapter.dispatch('natural_log', 'customer_insights')(expression)) }}{% endmacro %}

{% macro postgres__natural_log(expression) -%}
    ln(cast({{ expression }} as {{ type_double() }}))
{%- endmacro %}

{% macro sqlserver__natural_log(expression) -%}
    log(cast({{ expression }} as {{ type_double() }}))
{%- endmacro %}
