{# Version 4: how stable each cluster is, and feedback that is assigned to the published tree
   between full runs. Runs made before have no such figure. #}
{% macro upgrade_to_4() %}
    {% do add_column_if_absent('customer_insights', 'clusters', 'stability', type_double()) %}
    {% do add_column_if_absent('customer_insights', 'cluster_assignments', 'assigned_at', type_instant()) %}
{% endmacro %}
