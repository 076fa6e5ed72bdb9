{# Identifiers, hashes and paths: compared byte by byte, whatever the database's collation. #}
{% macro type_key() %}{{ return(adapter.dispatch('type_key', 'customer_insights')()) }}{% endmacro %}

{% macro postgres__type_key() %}text collate "C"{% endmacro %}

{# 200 characters fit an index key; the default collation would ignore case. #}
{% macro sqlserver__type_key() %}nvarchar(200) collate Latin1_General_100_BIN2{% endmacro %}
