{# A double-precision number: plain `float` means that on both, but Postgres reports it by this name. #}
{% macro type_double() %}{{ return(adapter.dispatch('type_double', 'customer_insights')()) }}{% endmacro %}

{% macro postgres__type_double() %}double precision{% endmacro %}

{% macro sqlserver__type_double() %}float{% endmacro %}
