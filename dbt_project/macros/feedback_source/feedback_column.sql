{#
    A column of feedback under our name, as `select` lists it. `raw.customer_feedback` has it so; another table (the
    var `feedback_table`) has what `feedback_columns` names, converted to our type, and what it names nowhere is made up.
#}
{% macro feedback_column(name) -%}
    {%- if var('feedback_table') -%}
        {{ _from_own_table(name) }} as {{ name }}
    {%- elif name in ('customer_id', 'language') -%}
        {{ _from_attributes(name, 'attributes') }} as {{ name }}
    {%- else -%}
        {{ name }}
    {%- endif -%}
{%- endmacro %}

{% macro _from_own_table(name) -%}
    {%- set theirs = own_feedback_columns().get(name) -%}
    {%- set column = adapter.quote(theirs) if theirs else 'null' -%}
    {%- if name == 'feedback_id' -%}
        {{ as_key(column) }}
    {%- elif name in ('created_at', 'loaded_at', 'updated_at') -%}
        {#- unknown times: what was given then was there then -#}
        {%- set before = {'loaded_at': 'created_at', 'updated_at': 'loaded_at'}.get(name) -%}
        {{ _from_own_table(before) if before and not theirs else as_instant(column) }}
    {%- elif name == 'rating' -%}
        cast({{ column }} as numeric(6, 3))
    {%- elif name == 'attributes' -%}
        cast({{ column if theirs else "'{}'" }} as {{ type_json() }})
    {%- elif name == 'origin' and not theirs -%}
        {{ as_key(dbt.string_literal(dbt.escape_single_quotes(var('feedback_schema') ~ '.' ~ var('feedback_table')))) }}
    {%- elif name in ('customer_id', 'language') and not theirs -%}
        {{ _from_attributes(name, _from_own_table('attributes')) }}
    {%- else -%}
        cast({{ column }} as {{ type_text() }})
    {%- endif -%}
{%- endmacro %}

{% macro _from_attributes(name, attributes) -%}
    {{ json_text(attributes, var({'customer_id': 'customer_attribute', 'language': 'language_attribute'}[name])) }}
{%- endmacro %}
