{# The key of a version. dbt-sqlserver casts to varchar first: keys in another script would all be the same. #}
{% macro sqlserver__snapshot_hash_arguments(args) -%}
    {%- set parts = [] -%}
    {%- for each in args -%}
        {%- do parts.append("coalesce(cast(" ~ each ~ " as nvarchar(4000)), '')") -%}
        {%- if not loop.last %}{% do parts.append("'|'") %}{% endif -%}
    {%- endfor -%}
    {{ sha256_hex('concat(' ~ parts | join(', ') ~ ')') }}
{%- endmacro %}
