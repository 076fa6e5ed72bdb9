{# Written by every job: what ran, what it asked of a model, what it had to leave behind. #}
{% macro run_tables() %}
    {% set key, text, instant = type_key(), type_text(), type_instant() %}

    {% do create_table_if_absent('customer_insights', 'job_runs',
        'job_run_id ' ~ key ~ ' not null primary key,
        job ' ~ key ~ ' not null,
        status ' ~ key ~ " not null check (status in ('running', 'succeeded', 'failed')),
        started_at " ~ instant ~ ' not null,
        finished_at ' ~ instant ~ ',
        alive_until ' ~ instant ~ ',
        provider ' ~ key ~ ',
        model ' ~ key ~ ',
        counts ' ~ type_json() ~ ',
        error ' ~ text) %}

    {% do create_table_if_absent('customer_insights', 'api_usage',
        'request_id ' ~ key ~ ' not null primary key,
        job_run_id ' ~ key ~ ' not null,
        job ' ~ key ~ ' not null,
        provider ' ~ key ~ ' not null,
        model ' ~ key ~ ' not null,
        requested_at ' ~ instant ~ ' not null,
        count_items integer not null,
        input_tokens bigint not null,
        output_tokens bigint not null,
        cached_tokens bigint not null,
        latency_seconds ' ~ type_double() ~ ' not null,
        retries integer not null,
        status ' ~ key ~ ' not null,
        mode ' ~ key ~ " default 'online' not null,
        cost_usd numeric(18, 9)") %}

    {# Which run has which pending text; its time is `job_runs.alive_until`. #}
    {% do create_table_if_absent('customer_insights', 'leases',
        'job ' ~ key ~ ' not null,
        model ' ~ key ~ ' not null,
        content_hash ' ~ key ~ ' not null,
        job_run_id ' ~ key ~ ' not null,
        primary key (job, model, content_hash)') %}

    {% do create_table_if_absent('customer_insights', 'dead_letters',
        'job ' ~ key ~ ' not null,
        content_hash ' ~ key ~ ' not null,
        model ' ~ key ~ ' not null,
        reason ' ~ text ~ ' not null,
        failed_at ' ~ instant ~ ' not null,
        job_run_id ' ~ key ~ ' not null,
        primary key (job, content_hash, model)') %}
{% endmacro %}
