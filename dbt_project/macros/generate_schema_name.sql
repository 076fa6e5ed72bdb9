{#
    Schemas are called exactly what the project calls them; only a developer's prefix comes before. Models that
    tell of a past day (`as_of`) go to schemas of their own: what people look at stays. Seeds and snapshots do not.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is none -%}
        {{ target.schema }}
    {%- else -%}
        {{ prefixed_schema(custom_schema_name) }}{{ as_of_schema_suffix() if node.resource_type == 'model' }}
    {%- endif -%}
{%- endmacro %}
