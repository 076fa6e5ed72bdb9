{#
    What the planner has to know of a table that was just written, before the next model reads it. Without, Postgres
    takes any new table for a small one until autovacuum comes by. An increment changes too little to look again, but
    where increments are numbered: the next model asks for the newest `batch`, of which older statistics say that it has
    no rows, and a plan for no rows takes hours for many. SQL Server counts for itself.
#}
{% macro statistics_of(relation) -%}
    {%- if execute and model.config.materialized != 'view' and not (is_incremental() and 'batch' not in model.columns) -%}
        {{ return(adapter.dispatch('statistics_of', 'customer_insights')(relation)) }}
    {%- endif -%}
{%- endmacro %}

{# Of an increment the numbers alone, from a quarter of the pages: to read 30,000 took longer than to add a day's rows. #}
{% macro postgres__statistics_of(relation) -%}
    {%- if is_incremental() -%}
        set local default_statistics_target = 25;
        analyze {{ relation }} (batch)
    {%- else -%}
        analyze {{ relation }}
    {%- endif -%}
{%- endmacro %}

{% macro sqlserver__statistics_of(relation) %}{% endmacro %}
