{#
    The tables that Python jobs own, created where they are absent: a fresh `dbt build` works, and no
    job needs the right to create a table. Runs before every command, and by hand as
    `dbt run-operation create_tables`. A change of shape adds a step below with the next number.
#}
{% macro create_tables() %}
    {% if execute and flags.WHICH in ('build', 'run', 'test', 'seed', 'snapshot', 'run-operation', 'docs', 'generate') %}
        {% do create_schema_if_absent(prefixed_schema('raw')) %}
        {% do create_schema_if_absent(prefixed_schema('customer_insights')) %}
        {% if job_tables_version_found() < 1 %}
            {% do raw_tables() %}
            {% do model_tables() %}
            {% do cluster_tables() %}
            {% do run_tables() %}
            {% do record_job_tables_version(1) %}
        {% endif %}
    {% endif %}
{% endmacro %}
