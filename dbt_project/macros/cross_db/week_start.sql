{# The Monday of the ISO week. `dbt.date_trunc` follows the server's first day of the week on SQL Server. #}
{% macro week_start(expression) %}{{ return(adapter.dispatch('week_start', 'customer_insights')(expression)) }}{% endmacro %}

{% macro postgres__week_start(expression) -%}
    cast(date_trunc('week', {{ expression }}) as date)
{%- endmacro %}

{# 1 January 1753 was a Monday, and no `datetime` is before it: the rest of a negative number is negative. #}
{% macro sqlserver__week_start(expression) -%}
    dateadd(day, -(datediff(day, '17530101', {{ expression }}) % 7), cast({{ expression }} as date))
{%- endmacro %}
