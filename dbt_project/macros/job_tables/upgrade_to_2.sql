{# Version 2: leases that expire, costs, marks of long texts, rationales of tags. #}
{% macro upgrade_to_2() %}
    {% do add_column_if_absent('customer_insights', 'job_runs', 'alive_until', type_instant()) %}
    {% do add_column_if_absent('customer_insights', 'api_usage', 'mode', type_key() ~ " default 'online' not null") %}
    {% do add_column_if_absent('customer_insights', 'api_usage', 'cost_usd', 'numeric(18, 9)') %}
    {% do add_column_if_absent('customer_insights', 'embedded_items', 'long_text', type_key()) %}
    {% do add_column_if_absent('customer_insights', 'feedback_tags', 'rationale', type_text()) %}
{% endmacro %}
