{# Written by `insights load --from`: how far each source has been read, stored together with its rows.
   `feedback_id` is set only while a read in the order of ids is unfinished; erasing that feedback
   takes the row along, and the next read begins anew. New in version 5, with nothing to bring over. #}
{% macro source_tables() %}
    {% set key, instant = type_key(), type_instant() %}

    {% do create_table_if_absent('customer_insights', 'source_positions',
        'origin ' ~ key ~ ' not null primary key,
        fingerprint ' ~ key ~ ' not null,
        watermark ' ~ key ~ ',
        feedback_id ' ~ key ~ ',
        count_rows bigint not null,
        stored_at ' ~ instant ~ ' not null,
        finished_at ' ~ instant) %}
{% endmacro %}
