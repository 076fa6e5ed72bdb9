{#
    The tables that Python jobs own, created where they are absent: a fresh `dbt build` works, and no
    job needs the right to create a table. Runs before every command, and by hand as
    `dbt run-operation create_tables`. A change of shape raises the version (`storage/tables.py` names
    the same) and adds a macro that brings older tables to it: the definitions are always the newest.
#}
{% macro create_tables() %}
    {% if execute and flags.WHICH in ('build', 'run', 'test', 'seed', 'snapshot', 'run-operation', 'docs', 'generate') %}
        {% do create_schema_if_absent(prefixed_schema('raw')) %}
        {% do create_schema_if_absent(prefixed_schema('customer_insights')) %}
        {% set found = job_tables_version_found() %}
        {% if found < 5 %}
            {% do raw_tables() %}
            {% do source_tables() %}
            {% do model_tables() %}
            {% do cluster_tables() %}
            {% do run_tables() %}
            {% do batch_tables() %}
            {% do erasure_tables() %}
            {% if found == 1 %}{% do upgrade_to_2() %}{% endif %}
            {% if found in (1, 2) %}{% do upgrade_to_3() %}{% endif %}
            {% if found in (1, 2, 3) %}{% do upgrade_to_4() %}{% endif %}
            {% do record_job_tables_version(5) %}
        {% endif %}
    {% endif %}
{% endmacro %}
