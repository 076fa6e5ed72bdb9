{# e to the power of a double; 0 where that is too small for one, which Postgres calls an error. #}
{% macro exponential(expression) -%}
    case when {{ expression }} > -700 then exp({{ expression }}) else 0.0 end
{%- endmacro %}
