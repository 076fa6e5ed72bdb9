{# The first day of the month. #}
{% macro month_start(expression) %}{{ return(adapter.dispatch('month_start', 'customer_insights')(expression)) }}{% endmacro %}

{% macro postgres__month_start(expression) -%}
    cast(date_trunc('month', {{ expression }}) as date)
{%- endmacro %}

{% macro sqlserver__month_start(expression) -%}
    datefromparts(year({{ expression }}), month({{ expression }}), 1)
{%- endmacro %}
