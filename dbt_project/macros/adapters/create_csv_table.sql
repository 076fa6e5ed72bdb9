{#
    As dbt's own, but seeds may say `key` and `text`: the types that text has on this database. dbt's
    own guess is varchar on SQL Server, which loses every script but one.
#}
{% macro default__create_csv_table(model, agate_table) %}
    {% set types = {'key': type_key(), 'text': type_text()} %}
    {% set given, columns = model.config.get('column_types', {}), [] %}
    {% for name in agate_table.column_names %}
        {% set type = given.get(name, adapter.convert_type(agate_table, loop.index0)) %}
        {% set quoted = adapter.quote_seed_column(name | string, model.config.get('quote_columns', none)) %}
        {% do columns.append(quoted ~ ' ' ~ types.get(type, type)) %}
    {% endfor %}
    {% set statement_text = 'create table ' ~ this.render() ~ ' (' ~ columns | join(', ') ~ ')' %}
    {% call statement('_') -%}
        {{ statement_text }}
    {%- endcall %}
    {{ return(statement_text) }}
{% endmacro %}
