{# Which of some names a misspelt one may mean, the nearest first, as words for a message; all of them if none is near. #}
{% macro near_names(wanted, known) %}
    {% set scored, parts = [], _pairs_of(wanted) %}
    {% for name in known %}
        {% set theirs = _pairs_of(name) %}
        {% set shared = parts | select('in', theirs) | list | length %}
        {% set share = 2 * shared / (parts | length + theirs | length) %}
        {% if share >= 0.4 %}{% do scored.append((share, name)) %}{% endif %}
    {% endfor %}
    {% set near = scored | sort(reverse=true) | map(attribute=1) | list %}
    {% if near %}{{ return('did you mean ' ~ near[:3] | join(' or ') ~ '?') }}{% endif %}
    {% set all = known | sort | list %}
    {{ return('there is ' ~ (all[:20] | join(', ') or 'nothing') ~ (', …' if all | length > 20 else '')) }}
{% endmacro %}

{# Neighbouring letters, without case and punctuation, after the end of the string's own marks. #}
{% macro _pairs_of(name) %}
    {% set letters = '^' ~ modules.re.sub('[\W_]', '', name | lower) ~ '$' %}
    {% set pairs = [] %}
    {% for at in range(letters | length - 1) %}{% do pairs.append(letters[at:at + 2]) %}{% endfor %}
    {{ return(pairs) }}
{% endmacro %}
