{#
    No two rows share the same values in `columns`: the grain of a model whose key is made of several. Of a model that
    grows by batches and replaces all rows of a batch's keys, `latest` names the column that numbers them: the rows of
    the last one are looked at, as those before were when they were the last.
#}
{% test unique_combination(model, columns, latest=none) %}

select
    {{ columns | join(', ') }},
    count(*) as count_rows
from {{ model }}
{% if latest %}where {{ latest }} = (select max({{ latest }}) from {{ model }}){% endif %}
group by {{ columns | join(', ') }}
having count(*) > 1

{% endtest %}
