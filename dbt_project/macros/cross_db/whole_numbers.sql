{#
    The body of a CTE with the whole numbers 0 to 9999 in column `n`. `dbt.date_spine` nests `with`,
    which T-SQL rejects.
#}
{% macro whole_numbers() -%}
    select ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit as n
    from {{ _digits('ones') }}
    cross join {{ _digits('tens') }}
    cross join {{ _digits('hundreds') }}
    cross join {{ _digits('thousands') }}
{%- endmacro %}

{% macro _digits(name) -%}
    (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as {{ name }} (digit)
{%- endmacro %}
