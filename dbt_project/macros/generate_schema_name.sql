{# Schemas are called exactly what the project calls them; only a developer's prefix comes before. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is none -%}
        {{ target.schema }}
    {%- else -%}
        {{ prefixed_schema(custom_schema_name) }}
    {%- endif -%}
{%- endmacro %}
