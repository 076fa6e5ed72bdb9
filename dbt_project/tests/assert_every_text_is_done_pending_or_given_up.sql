-- No text is lost between the jobs: it has an answer of the active model, waits for one, or is a dead letter.
{% set jobs = [
    ('embed', 'embedding', ref('stg_jobs__embedded_items'), ref('pending_embeddings')),
    ('tag', 'tagging', ref('stg_jobs__tagged_items'), ref('pending_tags')),
] %}

{% for job, kind, done, pending in jobs %}
    select
        '{{ job }}' as job,
        active.model,
        texts.content_hash
    from {{ ref('int_feedback__deduplicated') }} as texts
    inner join {{ ref('int_models__active') }} as active
        on active.kind = '{{ kind }}'
    where
        {{ is_true('texts.is_canonical') }}
        {% for accounted in [done, pending, ref('int_models__batched'), ref('stg_jobs__dead_letters')] %}
            and not exists (
                select 1 from {{ accounted }} as accounted
                where
                    texts.content_hash = accounted.content_hash
                    and active.model = accounted.model
                    {% if loop.index > 2 %}and accounted.job = '{{ job }}'{% endif %}
            )
        {% endfor %}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
