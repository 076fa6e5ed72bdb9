{#
    What to multiply a standard error with for a 95% interval: Student's t at 97.5%, for small samples. The
    inverse of `t_as_normal`.
#}
{% macro t_limit(freedom) -%}
    {%- set stretch = '((8.0 * ' ~ freedom ~ ' + 3.0) / (8.0 * ' ~ freedom ~ ' + 1.0))' -%}
    sqrt({{ freedom }} * (exp(3.841458821 / {{ freedom }} * {{ stretch }} * {{ stretch }}) - 1.0))
{%- endmacro %}
