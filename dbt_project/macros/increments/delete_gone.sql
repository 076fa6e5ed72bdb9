{#
    A hook after an incremental model: rows of texts go that no feedback says any more, by the columns named.
    `dbt build` itself only adds rows or replaces them.
#}
{% macro delete_gone(columns) -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where
            {%- for column in columns %}
                {{ column }} in (select content_hash from {{ ref('int_feedback__texts') }} where status = 'gone')
                {% if not loop.last %}or{% endif %}
            {%- endfor %}
    {%- endif -%}
{%- endmacro %}
