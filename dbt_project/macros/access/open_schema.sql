{# Let a role enter a schema where it may not yet. On SQL Server to read a table is enough. #}
{% macro open_schema(schema, role) %}
    {{ return(adapter.dispatch('open_schema', 'customer_insights')(schema, role)) }}
{% endmacro %}

{% macro postgres__open_schema(schema, role) %}
    {% set closed = "select 1 from pg_catalog.pg_namespace where nspname = '" ~ schema ~ "' and not "
        ~ "pg_catalog.has_schema_privilege('" ~ role | replace("'", "''") ~ "', nspname, 'usage')" %}
    {% if run_query(closed).rows %}
        {% do run_query('grant usage on schema ' ~ adapter.quote(schema) ~ ' to ' ~ adapter.quote(role)) %}
    {% endif %}
{% endmacro %}

{% macro sqlserver__open_schema(schema, role) %}{% endmacro %}
