{# One character by its Unicode code point. #}
{% macro codepoint(number) %}{{ return(adapter.dispatch('codepoint', 'customer_insights')(number)) }}{% endmacro %}

{% macro postgres__codepoint(number) %}chr({{ number }}){% endmacro %}

{% macro sqlserver__codepoint(number) %}nchar({{ number }}){% endmacro %}
