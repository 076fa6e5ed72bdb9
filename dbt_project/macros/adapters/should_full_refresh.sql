{#
    As dbt's own; models of a past day (`as_of`) are built whole each time: what grows tells of now. Replaces
    dbt's macro.
#}
{% macro should_full_refresh() %}
    {% if model.resource_type == 'model' and as_of_day() %}{{ return(true) }}{% endif %}
    {{ return(dbt.should_full_refresh()) }}
{% endmacro %}
