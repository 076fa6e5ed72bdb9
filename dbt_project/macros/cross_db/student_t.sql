{#
    Student's t in closed form, for small samples: Wallace's approximation (1959), which turns a score of t with
    `freedom` degrees of freedom into a standard normal one; within 0.1% from 5 degrees on. `t_limit` is its
    inverse at 97.5%: what to multiply a standard error with for a 95% interval.
#}
{% macro t_as_normal(score, freedom) -%}
    (8.0 * {{ freedom }} + 1.0) / (8.0 * {{ freedom }} + 3.0)
    * sqrt({{ freedom }} * {{ natural_log('1.0 + ' ~ score ~ ' * ' ~ score ~ ' / ' ~ freedom) }})
{%- endmacro %}

{% macro t_limit(freedom) -%}
    {%- set stretch = '((8.0 * ' ~ freedom ~ ' + 3.0) / (8.0 * ' ~ freedom ~ ' + 1.0))' -%}
    sqrt({{ freedom }} * (exp(3.841458821 / {{ freedom }} * {{ stretch }} * {{ stretch }}) - 1.0))
{%- endmacro %}
