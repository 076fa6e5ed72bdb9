{# Whether names and the taxonomy are those of `as_of_day()`, and not of now: the var `as_of_taxonomy`. #}
{% macro as_of_then() %}
    {% set given = var('as_of_taxonomy', 'then') %}
    {% if given not in ('then', 'now') %}
        {% do exceptions.raise_compiler_error(
            "var as_of_taxonomy: '" ~ given ~ "' is neither then nor now; give --vars "
            ~ "'{as_of: 2026-03-31, as_of_taxonomy: now}', or leave it out for then"
        ) %}
    {% endif %}
    {{ return(as_of_day() != '' and given == 'then') }}
{% endmacro %}
