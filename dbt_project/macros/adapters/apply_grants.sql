{#
    As dbt's own, for the grantees that this database has: a `grants` may name roles that only some
    databases know, and a build fails nowhere. Replaces dbt's macro.
#}
{% macro apply_grants(relation, grant_config, should_revoke) %}
    {% set kept = {} %}
    {% if grant_config %}
        {% set known = known_roles(grant_config.values() | sum(start=[]) | unique | list) %}
        {% for privilege, grantees in grant_config.items() %}
            {% set found = grantees | select('in', known) | list %}
            {% if found %}{% do kept.update({privilege: found}) %}{% endif %}
        {% endfor %}
    {% endif %}
    {{ return(dbt.apply_grants(relation, kept, should_revoke)) }}
{% endmacro %}
