{# The schema `name` as this target calls it: tables that dbt does not build follow the same rule. #}
{% macro prefixed_schema(name) -%}
    {{ env_var('INSIGHTS_SCHEMA_PREFIX', '') }}{{ name | trim }}
{%- endmacro %}
