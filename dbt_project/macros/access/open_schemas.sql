{#
    Who may read a model must be able to enter its schema, which dbt's `grants` does not say. Runs
    before every command; roles and schemas that are not there yet wait for the next.
#}
{% macro open_schemas() %}
    {% if execute and flags.WHICH in ('build', 'run', 'seed', 'snapshot') %}
        {% set readers = {} %}
        {% for node in graph.nodes.values() %}
            {% for grantee in (node.config.get('grants') or {}).get('select', []) %}
                {% do readers.setdefault(node.schema, {}).update({grantee: true}) %}
            {% endfor %}
        {% endfor %}
        {% for schema, names in readers.items() %}
            {% for role in known_roles(names) %}
                {% do open_schema(schema, role) %}
            {% endfor %}
        {% endfor %}
    {% endif %}
{% endmacro %}
