{# A field at the top of a JSON object as text; null where it is absent or no plain value. #}
{% macro json_text(expression, field) %}{{ return(adapter.dispatch('json_text', 'customer_insights')(expression, field)) }}{% endmacro %}

{% macro postgres__json_text(expression, field) -%}
    ({{ expression }} ->> '{{ field }}')
{%- endmacro %}

{% macro sqlserver__json_text(expression, field) -%}
    json_value({{ expression }}, '$."{{ field }}"')
{%- endmacro %}
