{# The Monday of the ISO week. `dbt.date_trunc` follows the server's first day of the week on SQL Server. #}
{% macro week_start(expression) %}{{ return(adapter.dispatch('week_start', 'customer_insights')(expression)) }}{% endmacro %}

{% macro postgres__week_start(expression) -%}
    cast(date_trunc('week', {{ expression }}) as date)
{%- endmacro %}

{# Day 0, 1 January 1900, was a Monday. #}
{% macro sqlserver__week_start(expression) -%}
    dateadd(day, -(datediff(day, '19000101', {{ expression }}) % 7), cast({{ expression }} as date))
{%- endmacro %}
