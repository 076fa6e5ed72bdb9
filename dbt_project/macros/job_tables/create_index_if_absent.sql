{# `definition` is what follows the table's name, as in `(run_id) where status = 'published'`. #}
{% macro create_index_if_absent(schema, table, name, definition, unique=false) %}
    {% set relation = prefixed_schema(schema) ~ '.' ~ table %}
    {% set statement = ('unique ' if unique else '') ~ 'index' %}
    {% do run_query(adapter.dispatch('create_index_if_absent', 'customer_insights')(statement, relation, name, definition)) %}
{% endmacro %}

{% macro postgres__create_index_if_absent(statement, relation, name, definition) -%}
    create {{ statement }} if not exists {{ name }} on {{ relation }} {{ definition }}
{%- endmacro %}

{% macro sqlserver__create_index_if_absent(statement, relation, name, definition) -%}
    if not exists (select 1 from sys.indexes where name = '{{ name }}' and object_id = object_id('{{ relation }}'))
        create {{ statement }} {{ name }} on {{ relation }} {{ definition }}
{%- endmacro %}
