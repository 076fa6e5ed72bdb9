{#
    The day whose end everything is told as of, as YYYY-MM-DD: the var `as_of`, where it is set. Empty
    otherwise: models tell of now. Both databases would fail late on a wrong date, and say nothing of a var.
#}
{% macro as_of_day() %}
    {% set given = var('as_of', none) %}
    {% if given is none or given | string | trim == '' %}{{ return('') }}{% endif %}
    {% set day = given | string | trim %}
    {% set way_out = "; give a day as in --vars 'as_of: 2026-03-31', or leave it out for now" %}
    {% set parts = modules.re.match('^([0-9]{4})-([0-9]{2})-([0-9]{2})$', day) %}
    {% if not parts %}
        {% do exceptions.raise_compiler_error("var as_of: '" ~ day ~ "' is no day" ~ way_out) %}
    {% endif %}
    {% set year, month, number = parts.group(1) | int, parts.group(2) | int, parts.group(3) | int %}
    {% set february = 29 if (year % 4 == 0 and year % 100 != 0) or year % 400 == 0 else 28 %}
    {% set lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] %}
    {% if year < 1900 or month < 1 or month > 12 or number < 1 or number > lengths[month - 1] %}
        {% do exceptions.raise_compiler_error("var as_of: there is no day '" ~ day ~ "'" ~ way_out) %}
    {% endif %}
    {% if day > run_started_at.strftime('%Y-%m-%d') %}
        {% do exceptions.raise_compiler_error("var as_of: '" ~ day ~ "' lies in the future (UTC)" ~ way_out) %}
    {% endif %}
    {{ return(day) }}
{% endmacro %}
