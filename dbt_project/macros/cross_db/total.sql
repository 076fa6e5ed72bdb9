{# The sum of whole numbers: T-SQL's sum() of integers is an integer, and overflows. #}
{% macro total(expression) %}{{ return(adapter.dispatch('total', 'customer_insights')(expression)) }}{% endmacro %}

{% macro postgres__total(expression) %}sum({{ expression }}){% endmacro %}

{% macro sqlserver__total(expression) %}sum(cast({{ expression }} as bigint)){% endmacro %}
