{#
    The columns of a table with a contract. A contract says `string` for what identifies, names a kind
    or is a member of a list (200 characters at most), `text` for what people wrote. dbt-sqlserver makes
    both non-Unicode: varchar(8000) and the deprecated text.
#}
{% macro sqlserver__build_columns_constraints(relation, only_not_null=False) %}
    {%- set types = {api.Column.translate_type('string') | lower: type_key(), 'text': type_text()} -%}
    {%- set columns = {} -%}
    {%- for name, column in model.columns.items() -%}
        {%- set type = types.get(column.data_type | lower, column.data_type) -%}
        {%- do columns.update({name: dict(column, data_type=type)}) -%}
    {%- endfor -%}
    {%- set parts = adapter.render_raw_columns_constraints(raw_columns=columns, only_not_null=only_not_null) -%}
    {%- if not only_not_null -%}
        {%- set parts = parts + adapter.render_raw_model_constraints(raw_constraints=model.get('constraints') or []) -%}
    {%- endif -%}
    ({{ parts | join(', ') }})
{% endmacro %}
