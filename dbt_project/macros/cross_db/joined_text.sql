{#
    The values of a group as one text, in a given order: `joined_text('keyword', ', ', 'keyword_rank')`.
    `dbt.listagg` overflows at 8,000 bytes on SQL Server.
#}
{% macro joined_text(expression, separator, order_by) %}{{ return(adapter.dispatch('joined_text', 'customer_insights')(expression, separator, order_by)) }}{% endmacro %}

{% macro postgres__joined_text(expression, separator, order_by) -%}
    string_agg({{ expression }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}

{% macro sqlserver__joined_text(expression, separator, order_by) -%}
    string_agg(cast({{ expression }} as nvarchar(max)), N'{{ separator }}') within group (order by {{ order_by }})
{%- endmacro %}
