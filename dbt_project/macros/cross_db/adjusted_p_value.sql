{#
    The p-value of a row among those of `partition_by`, adjusted for their number (Benjamini and Hochberg 1995):
    calling everything below q a finding makes at most a share q of the findings false. Two steps, since window
    functions do not nest: `ranked_p_value` in one CTE, `adjusted_p_value` of it in the next.
#}
{% macro adjusted_p_value(ranked, p_value, partition_by) -%}
    case
        when {{ p_value }} is not null
            then
                min(case when {{ ranked }} < 1.0 then {{ ranked }} else 1.0 end) over (
                    partition by {{ partition_by }}
                    order by coalesce({{ p_value }}, 2.0) desc
                    range between unbounded preceding and current row
                )
    end
{%- endmacro %}
