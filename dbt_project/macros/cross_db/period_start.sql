{# The first day of the `week` or `month`, which a column names, that a date is in. #}
{% macro period_start(period, day) -%}
    case {{ period }} when 'week' then {{ week_start(day) }} else {{ month_start(day) }} end
{%- endmacro %}
