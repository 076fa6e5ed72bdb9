{#
    Rows of `built`, a CTE that holds what a model with a contract should hold: all of them in a full build, in an
    increment those that are not there yet as they are, and the keys alone of what is there and should not be
    (`delete_emptied` takes these away).
#}
{% macro changed_rows(built, key) -%}
    {%- set columns = columns_of_contract() -%}
    {%- if not is_incremental() -%}
        select
            {% for column in columns or ['*'] -%}
                {{ column }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ built }}
    {%- else -%}
        {%- set columns = columns | reject('equalto', key) | list -%}
        select
            coalesce({{ built }}.{{ key }}, present.{{ key }}) as {{ key }},
            {% for column in columns -%}
                {{ built }}.{{ column }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ built }}
        full outer join {{ this }} as present
            on {{ built }}.{{ key }} = present.{{ key }}
        where
            {{ built }}.{{ key }} is null
            or present.{{ key }} is null
            or {{ differ(columns, built, 'present', texts_of_contract()) }}
    {%- endif -%}
{%- endmacro %}
