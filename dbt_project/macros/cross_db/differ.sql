{#
    Whether two rows differ in any of these columns, where null is a value like any other. Both names are of rows
    that are joined: `{{ differ(['rating', 'source'], 'new', 'old') }}`. `texts` are those of the
    columns that are compared letter by letter, whatever the database's collation.
#}
{% macro differ(columns, left, right, texts=[]) -%}
    {%- set sides = [] -%}
    {%- for side in (left, right) -%}
        {%- set named = [] -%}
        {%- for column in columns -%}
            {%- set name = side ~ '.' ~ column -%}
            {%- do named.append(as_exact(name) if column in texts else name) -%}
        {%- endfor -%}
        {%- do sides.append(named | join(', ')) -%}
    {%- endfor -%}
    {{ return(adapter.dispatch('differ', 'customer_insights')(sides[0], sides[1])) }}
{%- endmacro %}

{#
    As a `case`, of which the planner supposes that one row in 200 meets it; of `is distinct from` alone, that all do,
    and it would hash every text to find the few that changed.
#}
{% macro postgres__differ(left, right) -%}
    case
        when ({{ left }}) is distinct from ({{ right }}) then 1
    end = 1
{%- endmacro %}

{# `is distinct from` came with 2022; this is planned as the same comparison. #}
{% macro sqlserver__differ(left, right) -%}
    not exists (
        select {{ left }}
        intersect
        select {{ right }}
    )
{%- endmacro %}
