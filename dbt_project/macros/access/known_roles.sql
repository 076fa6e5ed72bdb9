{# Those of the `names` that this database knows, as a list. #}
{% macro known_roles(names) %}
    {% set quoted, known = [], [] %}
    {% for name in names %}{% do quoted.append("'" ~ name | replace("'", "''") ~ "'") %}{% endfor %}
    {% if not quoted %}{{ return([]) }}{% endif %}
    {% set found = adapter.dispatch('known_roles', 'customer_insights')(quoted | join(', ')) %}
    {% for row in run_query(found).rows %}{% do known.append(row[0]) %}{% endfor %}
    {{ return(known) }}
{% endmacro %}

{% macro postgres__known_roles(quoted) %}
    {{ return('select rolname as name from pg_catalog.pg_roles where rolname in (' ~ quoted ~ ')') }}
{% endmacro %}

{% macro sqlserver__known_roles(quoted) %}
    {{ return('select name from sys.database_principals where name in (' ~ quoted ~ ')') }}
{% endmacro %}
