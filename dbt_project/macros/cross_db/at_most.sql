{# The first so many rows, after `order by`. #}
{% macro at_most(count_rows) %}{{ return(adapter.dispatch('at_most', 'customer_insights')(count_rows)) }}{% endmacro %}

{% macro postgres__at_most(count_rows) %}limit {{ count_rows }}{% endmacro %}

{% macro sqlserver__at_most(count_rows) %}offset 0 rows fetch next {{ count_rows }} rows only{% endmacro %}
