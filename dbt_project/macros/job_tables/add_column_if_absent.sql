{# `definition` is the column's type and what follows it. A column comes last, whatever its place in a new table. #}
{% macro add_column_if_absent(schema, table, column, definition) %}
    {% set relation = prefixed_schema(schema) ~ '.' ~ table %}
    {% do run_query(adapter.dispatch('add_column_if_absent', 'customer_insights')(relation, column, definition)) %}
{% endmacro %}

{% macro postgres__add_column_if_absent(relation, column, definition) -%}
    alter table {{ relation }} add column if not exists {{ column }} {{ definition }}
{%- endmacro %}

{% macro sqlserver__add_column_if_absent(relation, column, definition) -%}
    if col_length('{{ relation }}', '{{ column }}') is null alter table {{ relation }} add {{ column }} {{ definition }}
{%- endmacro %}
