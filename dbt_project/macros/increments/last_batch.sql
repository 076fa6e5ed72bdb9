{#
    The last batch of texts (int_feedback__texts) that this incremental model has taken: -1 in a full build, 0 without a
    database to ask. Asked for beforehand: a planner that reads the number itself knows how few rows are newer.
#}
{% macro last_batch() %}
    {% if not is_incremental() %}{{ return(-1) }}{% endif %}
    {% if flags.INTROSPECT is sameas false %}{{ return(0) }}{% endif %}
    {{ return(run_query('select coalesce(max(batch), 0) as batch from ' ~ this).columns[0].values()[0]) }}
{% endmacro %}
