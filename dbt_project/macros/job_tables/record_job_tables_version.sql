{# The database has this version of the job tables from now on. #}
{% macro record_job_tables_version(version) %}
    {% do run_query('insert into ' ~ prefixed_schema('customer_insights') ~ '.schema_versions (version, applied_at) values ('
        ~ version ~ ', ' ~ now_instant() ~ ')') %}
{% endmacro %}
