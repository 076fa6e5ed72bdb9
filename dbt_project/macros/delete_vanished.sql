{#
    A hook after an incremental model: rows go whose `key` is in no row of `kept` any more. `dbt build` only ever
    adds or replaces rows.
#}
{% macro delete_vanished(kept, key) -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where not exists (
            select 1 from {{ kept }} as kept
            where kept.{{ key }} = {{ this }}.{{ key }}
        )
    {%- endif -%}
{%- endmacro %}
