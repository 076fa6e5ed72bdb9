{# Written by `insights embed` and `insights tag`: what a model said of a text, keyed by the text's hash. #}
{% macro model_tables() %}
    {% set key, text, instant = type_key(), type_text(), type_instant() %}

    {# The model that pending sets are computed for: one row a kind, `embedding` or `tagging`. #}
    {% do create_table_if_absent('customer_insights', 'active_models',
        'kind ' ~ key ~ ' not null primary key,
        provider ' ~ key ~ ' not null,
        model ' ~ key ~ ' not null,
        dimensions integer,
        taxonomy_hash ' ~ key ~ ',
        prompt_hash ' ~ key ~ ',
        activated_at ' ~ instant ~ ' not null') %}

    {% do create_table_if_absent('customer_insights', 'embedded_items',
        'content_hash ' ~ key ~ ' not null,
        model ' ~ key ~ ' not null,
        dimensions integer not null,
        provider ' ~ key ~ ' not null,
        feedback_id ' ~ key ~ ' not null,
        long_text ' ~ key ~ ',
        embedded_at ' ~ instant ~ ' not null,
        job_run_id ' ~ key ~ ' not null,
        primary key (content_hash, model, dimensions)') %}

    {% do create_table_if_absent('customer_insights', 'tagged_items',
        'content_hash ' ~ key ~ ' not null,
        model ' ~ key ~ ' not null,
        provider ' ~ key ~ ' not null,
        feedback_id ' ~ key ~ ' not null,
        taxonomy_hash ' ~ key ~ ' not null,
        prompt_hash ' ~ key ~ ' not null,
        sentiment ' ~ key ~ ',
        tagged_at ' ~ instant ~ ' not null,
        job_run_id ' ~ key ~ ' not null,
        primary key (content_hash, model)') %}

    {% do create_table_if_absent('customer_insights', 'feedback_tags',
        'content_hash ' ~ key ~ ' not null,
        model ' ~ key ~ ' not null,
        category ' ~ key ~ ' not null,
        confidence ' ~ type_double() ~ ' not null,
        rationale ' ~ text ~ ',
        primary key (content_hash, model, category)') %}

    {# What a taxonomy hash on a text stood for: an edit is the difference to what is in the seed now. #}
    {% do create_table_if_absent('customer_insights', 'tagged_taxonomies',
        'taxonomy_hash ' ~ key ~ ' not null,
        category ' ~ key ~ ' not null,
        category_hash ' ~ key ~ ' not null,
        recorded_at ' ~ instant ~ ' not null,
        primary key (taxonomy_hash, category)') %}

    {# Texts to be read again whatever their tags say; a row goes when its text has been read. #}
    {% do create_table_if_absent('customer_insights', 'retag_requests',
        'content_hash ' ~ key ~ ' not null,
        model ' ~ key ~ ' not null,
        reason ' ~ key ~ ' not null,
        requested_at ' ~ instant ~ ' not null,
        job_run_id ' ~ key ~ ' not null,
        primary key (content_hash, model)') %}
{% endmacro %}
