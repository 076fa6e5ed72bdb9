{# Which version of the job tables this database has; 0 where there is none yet. #}
{% macro job_tables_version_found() %}
    {% do create_table_if_absent('customer_insights', 'schema_versions',
        'version integer not null primary key, applied_at ' ~ type_instant() ~ ' not null') %}
    {% set found = run_query('select max(version) as version from ' ~ prefixed_schema('customer_insights') ~ '.schema_versions') %}
    {{ return(found.columns[0].values()[0] or 0) }}
{% endmacro %}
