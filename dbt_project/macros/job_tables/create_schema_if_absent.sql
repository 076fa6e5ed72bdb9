{# Create a schema only where it is missing: a role without that right can then still run. #}
{% macro create_schema_if_absent(schema) %}
    {% if not adapter.check_schema_exists(target.database, schema) %}
        {% do adapter.create_schema(api.Relation.create(database=target.database, schema=schema)) %}
    {% endif %}
{% endmacro %}
