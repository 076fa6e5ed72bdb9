{#
    Stops before anything is built where the vars name a table, a column or a type that cannot be feedback, and says
    what is there. Asks the database; nothing at parse or compile, nor where feedback is in `raw.customer_feedback`.
#}
{% macro check_feedback_source() %}
    {% if execute and flags.WHICH in ('build', 'run', 'test', 'snapshot', 'freshness', 'run-operation') %}
        {% if not var('feedback_table') and (var('feedback_schema') or var('feedback_columns')) %}
            {% do _unusable('feedback_table is not set, but feedback_schema or feedback_columns is') %}
        {% elif var('feedback_table') %}
            {% do _check_names() %}
            {% set place = var('feedback_schema') ~ '.' ~ var('feedback_table') %}
            {% set relation = api.Relation.create(
                database=var('feedback_database') or target.database,
                schema=var('feedback_schema'), identifier=var('feedback_table')) %}
            {% set columns = adapter.get_columns_in_relation(relation) %}
            {% if not columns %}{% do _no_table(relation, place) %}{% endif %}
            {% do _check_columns(place, columns) %}
        {% endif %}
    {% endif %}
{% endmacro %}

{% macro _check_names() %}
    {% set known = ['feedback_id', 'created_at', 'feedback_text', 'source', 'product', 'rating', 'customer_id',
        'language', 'attributes', 'origin', 'loaded_at', 'updated_at'] %}
    {% if not var('feedback_schema') %}
        {% do _unusable('feedback_table is set, feedback_schema is not: dbo, public or another schema') %}
    {% elif var('feedback_columns') and var('feedback_columns') is not mapping %}
        {% do _unusable('feedback_columns is no mapping of our names to theirs, as in {feedback_text: body}') %}
    {% endif %}
    {% for ours, theirs in own_feedback_columns().items() %}
        {% if ours not in known %}
            {% do _unusable('feedback_columns: feedback has no ' ~ ours ~ '; ' ~ near_names(ours, known)) %}
        {% elif theirs is not string %}
            {% do _unusable('feedback_columns: ' ~ ours ~ ' needs the name of a column') %}
        {% endif %}
    {% endfor %}
{% endmacro %}

{% macro _no_table(relation, place) %}
    {% set found = run_query(
        'select TABLE_SCHEMA, TABLE_NAME from '
        ~ adapter.quote(relation.database) ~ '.INFORMATION_SCHEMA.TABLES') %}
    {% set ours = ['raw', 'staging', 'intermediate', 'marts', 'snapshots', 'customer_insights', 'vector_store'] %}
    {% set names = [] %}
    {% for row in found.rows if row[0] not in ours + ['INFORMATION_SCHEMA', 'information_schema', 'pg_catalog', 'sys'] %}
        {% do names.append(row[0] ~ '.' ~ row[1]) %}
    {% endfor %}
    {% do _unusable('there is no ' ~ place ~ ', or this login may not read it (grant select on ' ~ place
        ~ ' to insights_dbt); of those it may read, ' ~ near_names(place, names)) %}
{% endmacro %}

{% macro _check_columns(place, columns) %}
    {% set types = {} %}
    {% for column in columns %}{% do types.update({column.name: column.dtype | lower}) %}{% endfor %}
    {% for ours, theirs in own_feedback_columns().items() %}
        {% set type = types.get(theirs) %}
        {% if not type %}
            {% do _unusable(place ~ ' has no column ' ~ theirs ~ ' (for ' ~ ours ~ '); ' ~ near_names(theirs, types)) %}
        {% elif ours.endswith('_at') and type not in ('date', 'datetime', 'datetime2', 'smalldatetime', 'datetimeoffset',
            'timestamp without time zone', 'timestamp with time zone') %}
            {% do _unusable(ours ~ ' needs a date or a time, and ' ~ theirs ~ ' of ' ~ place ~ ' is ' ~ type) %}
        {% elif type in ('bytea', 'binary', 'varbinary', 'image', 'timestamp', 'rowversion', 'array', 'geography',
            'geometry', 'hierarchyid', 'sql_variant') %}
            {% do _unusable(ours ~ ' needs text, and ' ~ theirs ~ ' of ' ~ place ~ ' is ' ~ type) %}
        {% endif %}
    {% endfor %}
{% endmacro %}

{% macro _unusable(problem) %}
    {% do exceptions.raise_compiler_error('Source of feedback: ' ~ problem ~ '. See docs/dbt.md, "Your own table". ') %}
{% endmacro %}
