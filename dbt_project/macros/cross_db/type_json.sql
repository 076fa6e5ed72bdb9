{# A JSON document. SQL Server before 2025 keeps it as text. #}
{% macro type_json() %}{{ return(adapter.dispatch('type_json', 'customer_insights')()) }}{% endmacro %}

{% macro postgres__type_json() %}jsonb{% endmacro %}

{% macro sqlserver__type_json() %}nvarchar(max){% endmacro %}
