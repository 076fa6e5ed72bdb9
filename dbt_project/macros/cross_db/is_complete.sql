{# Whether a row of `int_time__periods` lies between two days, both included. #}
{% macro is_complete(periods, first_day, last_day) -%}
    {%- set begins = periods ~ '.period_start >= ' ~ first_day -%}
    {{ flag(begins ~ ' and ' ~ periods ~ '.next_start <= ' ~ dbt.dateadd('day', 1, last_day)) }}
{%- endmacro %}
