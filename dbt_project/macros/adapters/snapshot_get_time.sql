{#
    When a snapshot was taken (UTC), one moment for all of a run, so that a version ends when the next begins.
    dbt's own is the clock of the server, in its time zone.
#}
{% macro postgres__snapshot_get_time() -%}
    cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}' as timestamp)
{%- endmacro %}

{% macro sqlserver__snapshot_get_time() -%}
    cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}' as datetime2(6))
{%- endmacro %}
