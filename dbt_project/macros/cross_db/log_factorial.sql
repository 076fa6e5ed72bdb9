{#
    ln(n!) of a whole number n >= 0 kept as a double, in closed form: neither database has lgamma. Stirling's
    series for ln(gamma(n + 8)) (Abramowitz and Stegun 6.1.41, four terms), less the factors in between.
    The error is below 1e-11 for every n, besides that of doubles. Written 1e0, since T-SQL divides 1.0 by 12.0 to
    six places.
#}
{% macro log_factorial(n) -%}
    {%- set x = '(' ~ n ~ ' + 8.0)' -%}
    (
        ({{ x }} - 0.5) * {{ natural_log(x) }} - {{ x }} + 0.918938533204672742
        + (1e0 / 12 - (1e0 / 360 - (1e0 / 1260 - 1e0 / (1680 * {{ x }} * {{ x }}))
        / ({{ x }} * {{ x }})) / ({{ x }} * {{ x }})) / {{ x }}
        - {{ natural_log('(' ~ n ~ ' + 1.0) * (' ~ n ~ ' + 2.0) * (' ~ n ~ ' + 3.0) * (' ~ n ~ ' + 4.0) * ('
            ~ n ~ ' + 5.0) * (' ~ n ~ ' + 6.0) * (' ~ n ~ ' + 7.0)') }}
    )
{%- endmacro %}
