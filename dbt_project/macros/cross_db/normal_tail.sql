{#
    The chance that a standard normal value exceeds z >= 0 (a double; 0 beyond 37). Below 3 the polynomial of
    Abramowitz and Stegun 26.2.17 (absolute error below 7.5e-8), above it the continued fraction 26.2.14, cut
    at eight levels: together the relative error is below 6e-5 everywhere.
#}
{% macro normal_tail(z) -%}
    {%- set t = '(1.0 / (1.0 + 0.2316419 * ' ~ z ~ '))' -%}
    {%- set fraction = namespace(sql=z) -%}
    {%- for level in range(8, 0, -1) -%}
        {%- set fraction.sql = '(' ~ z ~ ' + ' ~ level ~ '.0 / ' ~ fraction.sql ~ ')' -%}
    {%- endfor -%}
    case
        when {{ z }} < 3.0
            then
                0.398942280401432678 * exp(-0.5 * {{ z }} * {{ z }}) * {{ t }} * (0.319381530 + {{ t }} * (-0.356563782
                + {{ t }} * (1.781477937 + {{ t }} * (-1.821255978 + {{ t }} * 1.330274429))))
        when {{ z }} < 37.0 then 0.398942280401432678 * exp(-0.5 * {{ z }} * {{ z }}) / {{ fraction.sql }}
        else 0.0
    end
{%- endmacro %}
