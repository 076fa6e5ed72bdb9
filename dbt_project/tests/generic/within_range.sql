{# Every value that is not null lies between `minimum` and `maximum`, both included. #}
{% test within_range(model, column_name, minimum=none, maximum=none) %}

{% if minimum is none and maximum is none %}
    {{ exceptions.raise_compiler_error("within_range needs a minimum, a maximum, or both") }}
{% endif %}

select {{ column_name }}
from {{ model }}
where
    {% if minimum is not none %}{{ column_name }} < {{ minimum }}{% endif %}
    {% if minimum is not none and maximum is not none %}or{% endif %}
    {% if maximum is not none %}{{ column_name }} > {{ maximum }}{% endif %}

{% endtest %}
