{# Written by `--mode batch` and `insights batch`: files of requests that the provider answers within a day, at half price. #}
{% macro batch_tables() %}
    {% set key, text, instant = type_key(), type_text(), type_instant() %}

    {# The row comes before the upload, the provider's ids as soon as they are known: no crash loses a paid batch. #}
    {% do create_table_if_absent('customer_insights', 'api_batches',
        'batch_id ' ~ key ~ ' not null primary key,
        job ' ~ key ~ " not null check (job in ('embed', 'tag')),
        provider " ~ key ~ ' not null,
        host ' ~ key ~ ' not null,
        model ' ~ key ~ ' not null,
        dimensions integer,
        taxonomy_hash ' ~ key ~ ',
        prompt_hash ' ~ key ~ ',
        parameters ' ~ type_json() ~ ' not null,
        status ' ~ key ~ " not null check (status in ('preparing', 'validating', 'in_progress', 'finalizing',
            'completed', 'failed', 'expired', 'cancelling', 'cancelled', 'released')),
        reason " ~ text ~ ',
        provider_batch_id ' ~ key ~ ',
        input_file_id ' ~ key ~ ',
        output_file_id ' ~ key ~ ',
        error_file_id ' ~ key ~ ',
        count_requests integer not null,
        count_items integer not null,
        count_completed integer not null,
        count_failed integer not null,
        created_at ' ~ instant ~ ' not null,
        held_until ' ~ instant ~ ',
        submitted_at ' ~ instant ~ ',
        checked_at ' ~ instant ~ ',
        closed_at ' ~ instant ~ ',
        files_deleted_at ' ~ instant ~ ',
        job_run_id ' ~ key ~ ' not null') %}

    {#
        `custom_id` names a line of the file, `line_position` and `count_inputs` what part of its
        `count_in_line` inputs is this text's: nothing here holds text, and a row can be erased
        without the others of its line losing their place.
    #}
    {% do create_table_if_absent('customer_insights', 'api_batch_items',
        'batch_id ' ~ key ~ ' not null,
        custom_id ' ~ key ~ ' not null,
        line_position integer not null,
        count_inputs integer not null,
        count_in_line integer not null,
        content_hash ' ~ key ~ ' not null,
        feedback_id ' ~ key ~ ' not null,
        status ' ~ key ~ " not null check (status in ('waiting', 'stored', 'dead', 'rejected', 'released')),
        settled_at " ~ instant ~ ',
        primary key (batch_id, custom_id, line_position)') %}
    {% do create_index_if_absent('customer_insights', 'api_batch_items', 'api_batch_items_by_text', '(content_hash)') %}
{% endmacro %}
