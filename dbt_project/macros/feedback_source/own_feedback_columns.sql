{# Our names to theirs, for a table of one's own: the three that feedback needs are called as here unless mapped. #}
{% macro own_feedback_columns() %}
    {% set needed = {'feedback_id': 'feedback_id', 'created_at': 'created_at', 'feedback_text': 'feedback_text'} %}
    {% do needed.update(var('feedback_columns') or {}) %}
    {{ return(needed) }}
{% endmacro %}
