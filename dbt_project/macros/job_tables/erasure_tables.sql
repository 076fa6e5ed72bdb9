{# Written by `insights forget`: what may not come back, and which clusters need another name. #}
{% macro erasure_tables() %}
    {% set key, instant = type_key(), type_instant() %}

    {# One random value a database, made at the first erasure: the same id has another hash elsewhere. #}
    {% do create_table_if_absent('customer_insights', 'erasure_salt',
        'only_one integer not null primary key check (only_one = 1),
        salt ' ~ key ~ ' not null') %}

    {# Tombstones: the SHA-256 of salt and feedback_id, never the id. `insights load` skips what is here. #}
    {% do create_table_if_absent('customer_insights', 'erased_feedback',
        'feedback_hash ' ~ key ~ ' not null primary key,
        erased_at ' ~ instant ~ ' not null,
        job_run_id ' ~ key ~ ' not null') %}

    {# Clusters whose name or summary leaned on erased feedback: to be named again, whatever their run. #}
    {% do create_table_if_absent('customer_insights', 'cluster_renamings',
        'run_id ' ~ key ~ ' not null,
        cluster_path ' ~ key ~ ' not null,
        marked_at ' ~ instant ~ ' not null,
        job_run_id ' ~ key ~ ' not null,
        primary key (run_id, cluster_path)') %}
{% endmacro %}
