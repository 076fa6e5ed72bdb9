{# The first step of `adjusted_p_value`: the p-value times the number of tests over its rank. #}
{% macro ranked_p_value(p_value, partition_by) -%}
    {{ p_value }} * count({{ p_value }}) over (partition by {{ partition_by }})
    / nullif(
        count({{ p_value }}) over (
            partition by {{ partition_by }} order by coalesce({{ p_value }}, 2.0)
            range between unbounded preceding and current row
        ), 0
    )
{%- endmacro %}
