{#
    The last batch of texts (int_feedback__texts) that this incremental model has taken. Asked for beforehand: a
    planner that reads the number itself knows how few rows are newer. Without a database to ask, 0.
#}
{% macro last_batch() %}
    {% if not execute or flags.INTROSPECT is sameas false %}{{ return(0) }}{% endif %}
    {{ return(run_query('select coalesce(max(batch), 0) as batch from ' ~ this).columns[0].values()[0]) }}
{% endmacro %}
