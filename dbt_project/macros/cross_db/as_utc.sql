{# A point in time as a UTC timestamp without offset: one clock for all models and every BI tool. #}
{% macro as_utc(expression) %}{{ return(adapter.dispatch('as_utc', 'customer_insights')(expression)) }}{% endmacro %}

{% macro postgres__as_utc(expression) -%}
    cast({{ expression }} at time zone 'UTC' as timestamp)
{%- endmacro %}

{% macro sqlserver__as_utc(expression) -%}
    cast(switchoffset({{ expression }}, '+00:00') as datetime2(6))
{%- endmacro %}
