{# The same keys that `clustering/identity.py` gives to the clusters of a run without a predecessor. #}
{% macro first_cluster_keys() %}
    {% set own, parents = dbt.concat(['run_id', "' '", 'cluster_path']), dbt.concat(['run_id', "' '", 'parent_path']) %}
    update {{ prefixed_schema('customer_insights') }}.clusters
    set cluster_key = case
        when cluster_path in ('root', 'root.noise') then cluster_path
        when {{ is_true('is_noise') }} then {{ dbt.concat(["'c'", 'left(' ~ sha256_hex(parents) ~ ', 10)', "'.noise'"]) }}
        else {{ dbt.concat(["'c'", 'left(' ~ sha256_hex(own) ~ ', 10)']) }}
    end
    where cluster_key is null
{% endmacro %}
