{#
    A hook after an incremental model that names what is gone in a row with nothing but its key: deletes these rows, by
    a column that no other row leaves out.
#}
{% macro delete_emptied(column) -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where {{ column }} is null
    {%- endif -%}
{%- endmacro %}
