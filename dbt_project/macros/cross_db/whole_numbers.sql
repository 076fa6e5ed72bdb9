{#
    The body of a CTE with the whole numbers from 0 on, of so many decimal places, in column `n`: four places are 0 to
    9999. `dbt.date_spine` nests `with`, which T-SQL rejects.
#}
{% macro whole_numbers(places=4) -%}
    select
        {% for place in range(places) -%}
            {{ 10 ** place }} * place_{{ place }}.digit{{ ' +' if not loop.last }}
        {% endfor -%}
        as n
    from {{ _digits('place_0') }}
    {%- for place in range(1, places) %}
    cross join {{ _digits('place_' ~ place) }}
    {%- endfor %}
{%- endmacro %}

{% macro _digits(name) -%}
    (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as {{ name }} (digit)
{%- endmacro %}
