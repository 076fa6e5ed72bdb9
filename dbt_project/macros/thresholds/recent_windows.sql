{# The var `recent_windows`: lengths in days, each a whole number, none twice. #}
{% macro recent_windows() %}
    {% set given = var('recent_windows') %}
    {% set days = given if given is sequence and given is not string and given is not mapping else [] %}
    {% set whole = days | select('integer') | list %}
    {% if not days or whole != days | list or days | min < 1 or days | unique | list != days | list %}
        {% do exceptions.raise_compiler_error(
            "var recent_windows: '" ~ given ~ "' is no list of days, whole numbers from 1 on and none twice, as in "
            ~ "[28, 91, 182]; see vars in dbt_project.yml"
        ) %}
    {% endif %}
    {{ return(days) }}
{% endmacro %}
