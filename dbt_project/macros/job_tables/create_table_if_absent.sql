{# `columns` is the text between the parentheses; the same for both databases, by the type macros. #}
{% macro create_table_if_absent(schema, name, columns) %}
    {% set relation = prefixed_schema(schema) ~ '.' ~ name %}
    {% do run_query(adapter.dispatch('create_table_if_absent', 'customer_insights')(relation, columns)) %}
{% endmacro %}

{% macro postgres__create_table_if_absent(relation, columns) -%}
    create table if not exists {{ relation }} ({{ columns }})
{%- endmacro %}

{# Three identifiers are wider than the 900 bytes of a clustered key; any other key has 1,700. #}
{% macro sqlserver__create_table_if_absent(relation, columns) -%}
    if object_id('{{ relation }}', 'U') is null create table {{ relation }} ({{ columns | replace('primary key', 'primary key nonclustered') }})
{%- endmacro %}
