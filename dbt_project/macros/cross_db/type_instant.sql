{# A point in time with its offset, as job tables and sources keep it. #}
{% macro type_instant() %}{{ return(adapter.dispatch('type_instant', 'customer_insights')()) }}{% endmacro %}

{% macro postgres__type_instant() %}timestamp with time zone{% endmacro %}

{% macro sqlserver__type_instant() %}datetimeoffset(6){% endmacro %}
