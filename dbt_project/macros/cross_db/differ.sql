{#
    Whether two rows differ in any of these columns, where null is a value like any other. Both names are of rows
    that are joined: `{{ differ(['rating', 'source'], 'new', 'old') }}`.
#}
{% macro differ(columns, left, right) -%}
    {{ return(adapter.dispatch('differ', 'customer_insights')(columns, left, right)) }}
{%- endmacro %}

{% macro postgres__differ(columns, left, right) -%}
    ({{ left }}.{{ columns | join(', ' ~ left ~ '.') }}) is distinct from ({{ right }}.{{ columns | join(', ' ~ right ~ '.') }})
{%- endmacro %}

{# `is distinct from` came with 2022; this is planned as the same comparison. #}
{% macro sqlserver__differ(columns, left, right) -%}
    not exists (
        select {{ left }}.{{ columns | join(', ' ~ left ~ '.') }}
        intersect
        select {{ right }}.{{ columns | join(', ' ~ right ~ '.') }}
    )
{%- endmacro %}
