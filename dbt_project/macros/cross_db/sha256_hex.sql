{#
    SHA-256 over the text's UTF-8 bytes, as 64 lower-case hexadecimal digits.
    `dbt.hash` is MD5, and on SQL Server casts to varchar first, which loses every other script.
#}
{% macro sha256_hex(expression) %}{{ return(adapter.dispatch('sha256_hex', 'customer_insights')(expression)) }}{% endmacro %}

{% macro postgres__sha256_hex(expression) -%}
    encode(sha256(convert_to({{ expression }}, 'UTF8')), 'hex')
{%- endmacro %}

{# A UTF-8 collation (SQL Server 2019 and later) makes varchar hold UTF-8 bytes. #}
{% macro sqlserver__sha256_hex(expression) -%}
    {{ as_key("lower(convert(varchar(64), hashbytes('SHA2_256', cast(" ~ expression ~ " collate Latin1_General_100_BIN2_UTF8 as varchar(max))), 2))") }}
{%- endmacro %}
