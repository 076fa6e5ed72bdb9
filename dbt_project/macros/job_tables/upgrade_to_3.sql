{# Version 3: clusters are known by keys from run to run. Each run made before has keys of its own. #}
{% macro upgrade_to_3() %}
    {% do add_column_if_absent('customer_insights', 'cluster_runs', 'previous_run_id', type_key()) %}
    {% do add_column_if_absent('customer_insights', 'cluster_runs', 'continuity', type_double()) %}
    {% do add_column_if_absent('customer_insights', 'clusters', 'cluster_key', type_key()) %}
    {% do run_query(first_cluster_keys()) %}
{% endmacro %}
