{# The clock, with its offset. For job tables only: a model that asks the clock is not repeatable. #}
{% macro now_instant() %}{{ return(adapter.dispatch('now_instant', 'customer_insights')()) }}{% endmacro %}

{% macro postgres__now_instant() %}now(){% endmacro %}

{% macro sqlserver__now_instant() %}sysdatetimeoffset(){% endmacro %}
