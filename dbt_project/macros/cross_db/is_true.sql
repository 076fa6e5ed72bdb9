{# A flag as a condition: `where {{ is_true('is_noise') }}`. #}
{% macro is_true(column) %}{{ return(adapter.dispatch('is_true', 'customer_insights')(column)) }}{% endmacro %}

{% macro postgres__is_true(column) %}{{ column }}{% endmacro %}

{% macro sqlserver__is_true(column) %}{{ column }} = 1{% endmacro %}
