{#
    Text whose letters count one by one: SQL Server's default collation takes upper and lower case for
    the same in `replace` and `group by`, and gives some characters no weight at all.
#}
{% macro as_exact(expression) %}{{ return(adapter.dispatch('as_exact', 'customer_insights')(expression)) }}{% endmacro %}

{% macro postgres__as_exact(expression) %}{{ expression }}{% endmacro %}

{% macro sqlserver__as_exact(expression) %}{{ expression }} collate Latin1_General_100_BIN2{% endmacro %}
