{# A literal that may hold any script: T-SQL's plain literals are not Unicode. Quotes come doubled. #}
{% macro unicode_literal(text) %}{{ return(adapter.dispatch('unicode_literal', 'customer_insights')(text)) }}{% endmacro %}

{% macro postgres__unicode_literal(text) %}'{{ text }}'{% endmacro %}

{% macro sqlserver__unicode_literal(text) %}N'{{ text }}'{% endmacro %}
