{#
    The mean of a count over the last 7 days, 4 weeks or 3 months of a zero-filled trend, the row's own
    included; null until so many are there. `partition_by` names what a trend is drawn for, `period` included.
#}
{% macro moving_average(expression, period, period_start, partition_by) -%}
    case {{ period }}
        {%- for name, length in [('day', 7), ('week', 4), ('month', 3)] %}
        when '{{ name }}'
            then
                case
                    when row_number() over (partition by {{ partition_by }} order by {{ period_start }}) >= {{ length }}
                        then
                            avg({{ as_double(expression) }}) over (
                                partition by {{ partition_by }} order by {{ period_start }}
                                rows between {{ length - 1 }} preceding and current row
                            )
                end
        {%- endfor %}
    end
{%- endmacro %}
