{# Version 4: how stable each cluster is. Runs made before have no such figure. #}
{% macro upgrade_to_4() %}
    {% do add_column_if_absent('customer_insights', 'clusters', 'stability', type_double()) %}
{% endmacro %}
