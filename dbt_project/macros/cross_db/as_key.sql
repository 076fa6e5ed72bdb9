{# A value as `type_key()`: compared byte by byte, whatever the database's collation. #}
{% macro as_key(expression) %}{{ return(adapter.dispatch('as_key', 'customer_insights')(expression)) }}{% endmacro %}

{% macro postgres__as_key(expression) -%}
    cast({{ expression }} as text) collate "C"
{%- endmacro %}

{% macro sqlserver__as_key(expression) -%}
    cast({{ expression }} as nvarchar(200)) collate Latin1_General_100_BIN2
{%- endmacro %}
