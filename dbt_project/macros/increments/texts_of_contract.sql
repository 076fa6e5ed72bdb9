{# Those of `columns_of_contract` that hold texts. #}
{% macro texts_of_contract() -%}
    {%- set texts = [] -%}
    {%- for name, column in model.columns.items() if column.get('data_type') == 'text' -%}
        {%- do texts.append(name) -%}
    {%- endfor -%}
    {{ return(texts) }}
{%- endmacro %}
