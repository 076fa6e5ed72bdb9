{# Written by `insights load`. Empty here, so that a build on a fresh database has something to read. #}
{% macro raw_tables() %}
    {% set key, text, instant = type_key(), type_text(), type_instant() %}

    {% do create_table_if_absent('raw', 'customer_feedback',
        'feedback_id ' ~ key ~ ' not null primary key,
        created_at ' ~ instant ~ ' not null,
        source ' ~ text ~ ',
        product ' ~ text ~ ',
        rating numeric(6, 3),
        feedback_text ' ~ text ~ ' not null,
        attributes ' ~ type_json() ~ " default '{}' not null,
        row_hash " ~ key ~ ' not null,
        origin ' ~ key ~ ' not null,
        loaded_at ' ~ instant ~ ' not null,
        updated_at ' ~ instant ~ ' not null') %}

    {% do create_table_if_absent('raw', 'rejected_feedback',
        'origin ' ~ key ~ ' not null,
        line_number bigint not null,
        reason ' ~ key ~ ' not null,
        feedback_id ' ~ text ~ ',
        rejected_at ' ~ instant ~ ' not null,
        primary key (origin, line_number, reason)') %}
{% endmacro %}
