{#
    A date or time of any type as a point in time; what has no offset is UTC, whatever the session's zone.
    On Postgres a cast would ask the session; `extract(epoch …)` does not, and takes every type.
#}
{% macro as_instant(expression) %}{{ return(adapter.dispatch('as_instant', 'customer_insights')(expression)) }}{% endmacro %}

{% macro postgres__as_instant(expression) -%}
    to_timestamp(extract(epoch from {{ expression }}))
{%- endmacro %}

{% macro sqlserver__as_instant(expression) -%}
    cast({{ expression }} as {{ type_instant() }})
{%- endmacro %}
