{#
    What the planner has to know of a table that was just written, before the next model reads it. Without, Postgres
    takes any new table for a small one until autovacuum comes by. An increment changes too little to look again: that
    is autovacuum's to judge. SQL Server counts for itself.
#}
{% macro statistics_of(relation) -%}
    {%- if execute and model.config.materialized != 'view' and not is_incremental() -%}
        {{ return(adapter.dispatch('statistics_of', 'customer_insights')(relation)) }}
    {%- endif -%}
{%- endmacro %}

{% macro postgres__statistics_of(relation) %}analyze {{ relation }}{% endmacro %}

{% macro sqlserver__statistics_of(relation) %}{% endmacro %}
