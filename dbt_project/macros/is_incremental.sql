{#
    dbt's own asks the database. With `--no-introspect` there is none to ask: `dbt compile` then shows
    the full form, and the incremental one with `--vars 'compile_incremental: true'`.
#}
{% macro is_incremental() %}
    {% if execute and flags.INTROSPECT is sameas false %}
        {{ return(model.config.materialized == 'incremental' and var('compile_incremental', false)) }}
    {% endif %}
    {{ return(dbt.is_incremental()) }}
{% endmacro %}
