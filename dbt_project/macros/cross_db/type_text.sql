{# Text of any length and any script. `dbt.type_string` is not Unicode on SQL Server. #}
{% macro type_text() %}{{ return(adapter.dispatch('type_text', 'customer_insights')()) }}{% endmacro %}

{% macro postgres__type_text() %}text{% endmacro %}

{% macro sqlserver__type_text() %}nvarchar(max){% endmacro %}
