{#
    The day after `as_of_day()`, as a date: what was known by the end of a day was there before the next. Empty
    for now: `{% if as_of_end() %}where created_at < {{ as_of_end() }}{% endif %}`.
#}
{% macro as_of_end() %}
    {% if as_of_day() == '' %}{{ return('') }}{% endif %}
    {% set day = modules.datetime.datetime.strptime(as_of_day(), '%Y-%m-%d') %}
    {{ return("cast('" ~ (day + modules.datetime.timedelta(days=1)).strftime('%Y-%m-%d') ~ "' as date)") }}
{% endmacro %}
