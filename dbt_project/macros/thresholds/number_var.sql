{#
    The var `name`, a number from `least` to `most`. Of anything else the database, or Jinja, would say something that
    names no var.
#}
{% macro number_var(name, least, most=none, whole=false) %}
    {% set given = var(name) %}
    {% set is_one = given is number and given is not boolean and (given is integer or not whole) %}
    {% if not is_one or given < least or (most is not none and given > most) %}
        {% set wanted = ('whole number' if whole else 'number') ~ ' from ' ~ least %}
        {% set until = ' on' if most is none else ' to ' ~ most %}
        {% do exceptions.raise_compiler_error(
            "var " ~ name ~ ": '" ~ given ~ "' is no " ~ wanted ~ until ~ "; see vars in dbt_project.yml"
        ) %}
    {% endif %}
    {{ return(given) }}
{% endmacro %}
