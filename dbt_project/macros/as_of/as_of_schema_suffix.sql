{# What follows the name of a schema of models: none now, the day of the past that they tell of. #}
{% macro as_of_schema_suffix() %}
    {% if as_of_day() == '' %}{{ return('') }}{% endif %}
    {{ return('_as_of_' ~ as_of_day() | replace('-', '_') ~ ('' if as_of_then() else '_taxonomy_now')) }}
{% endmacro %}
