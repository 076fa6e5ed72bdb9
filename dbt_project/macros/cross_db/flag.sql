{# A condition as a column: `{{ flag('a = b') }} as is_same`. T-SQL cannot select a condition. #}
{% macro flag(condition) -%}
    cast(case when {{ condition }} then 1 else 0 end as {{ type_flag() }})
{%- endmacro %}
