{#
    Whether two rows differ in any of these columns, where null is a value like any other. Both names are of rows
    that are joined: `{{ differ(['rating', 'source'], 'new', 'old') }}`.
#}
{% macro differ(columns, left, right) -%}
    {{ return(adapter.dispatch('differ', 'customer_insights')(columns, left, right)) }}
{%- endmacro %}

{#
    As a `case`, of which the planner supposes that one row in 200 meets it; of `is distinct from` alone, that all do,
    and it would hash every text to find the few that changed.
#}
{% macro postgres__differ(columns, left, right) -%}
    case
        when
            ({{ left }}.{{ columns | join(', ' ~ left ~ '.') }})
            is distinct from ({{ right }}.{{ columns | join(', ' ~ right ~ '.') }})
            then 1
    end = 1
{%- endmacro %}

{# `is distinct from` came with 2022; this is planned as the same comparison. #}
{% macro sqlserver__differ(columns, left, right) -%}
    not exists (
        select {{ left }}.{{ columns | join(', ' ~ left ~ '.') }}
        intersect
        select {{ right }}.{{ columns | join(', ' ~ right ~ '.') }}
    )
{%- endmacro %}
