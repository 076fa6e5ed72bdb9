{#
    dbt's own asks the database. With `--no-introspect` there is none to ask: `dbt compile` then shows
    the full form, and the incremental one with `--vars 'compile_incremental: true'`. Nor is there a table
    in a unit test, which shows the full form unless it overrides this macro.
#}
{% macro is_incremental() %}
    {% if execute and model.config.materialized != 'incremental' %}
        {{ return(false) }}
    {% endif %}
    {% if execute and flags.INTROSPECT is sameas false %}
        {{ return(var('compile_incremental', false)) }}
    {% endif %}
    {{ return(dbt.is_incremental()) }}
{% endmacro %}
