{# True or false: T-SQL has no boolean columns, only bits. #}
{% macro type_flag() %}{{ return(adapter.dispatch('type_flag', 'customer_insights')()) }}{% endmacro %}

{% macro postgres__type_flag() %}boolean{% endmacro %}

{% macro sqlserver__type_flag() %}bit{% endmacro %}
