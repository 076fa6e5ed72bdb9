{#
    The sum of whole numbers as one: T-SQL's sum() of integers is an integer and overflows, that of Postgres of
    bigints is no whole number any more.
#}
{% macro total(expression) %}{{ return(adapter.dispatch('total', 'customer_insights')(expression)) }}{% endmacro %}

{% macro postgres__total(expression) %}cast(sum({{ expression }}) as bigint){% endmacro %}

{% macro sqlserver__total(expression) %}sum(cast({{ expression }} as bigint)){% endmacro %}
