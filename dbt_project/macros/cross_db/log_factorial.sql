{#
    ln(n!) of a whole number n >= 0 kept as a double, in closed form: neither database has lgamma. Stirling's
    series for ln(gamma(n + 8)) (Abramowitz and Stegun 6.1.41, four terms), less the factors in between.
    The error is below 1e-11 for every n, besides that of doubles.
#}
{% macro log_factorial(n) -%}
    {%- set x = '(' ~ n ~ ' + 8.0)' -%}
    (
        ({{ x }} - 0.5) * {{ natural_log(x) }} - {{ x }} + 0.918938533204672742
        + (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * {{ x }} * {{ x }}))
        / ({{ x }} * {{ x }})) / ({{ x }} * {{ x }})) / {{ x }}
        - {{ natural_log('(' ~ n ~ ' + 1.0) * (' ~ n ~ ' + 2.0) * (' ~ n ~ ' + 3.0) * (' ~ n ~ ' + 4.0) * ('
            ~ n ~ ' + 5.0) * (' ~ n ~ ' + 6.0) * (' ~ n ~ ' + 7.0)') }}
    )
{%- endmacro %}
