{#
    Without `with`: Postgres plans a view that has one by itself, and would normalise and hash every text for whoever
    joins it to take a few rows.
#}

select
    -- ids
    feedback_id,
    {{ sha256_hex(normalised_text('feedback_text')) }} as content_hash,
    {{ as_key('customer_id') }} as customer_id,

    -- text
    feedback_text,
    {{ normalised_text('feedback_text') }} as normalised_text,
    {{ as_exact('source') }} as source,
    {{ as_exact('product') }} as product,
    {{ as_key('language') }} as language,
    attributes,
    origin,

    -- numbers
    rating,

    -- timestamps
    {{ as_utc('created_at') }} as created_at,
    {{ as_utc('loaded_at') }} as loaded_at,
    {{ as_utc('updated_at') }} as updated_at
from (
    select
        {{ feedback_column('feedback_id') }},
        {{ feedback_column('feedback_text') }},
        {{ feedback_column('source') }},
        {{ feedback_column('product') }},
        {{ feedback_column('rating') }},
        {{ feedback_column('customer_id') }},
        {{ feedback_column('language') }},
        {{ feedback_column('attributes') }},
        {{ feedback_column('origin') }},
        {{ feedback_column('created_at') }},
        {{ feedback_column('loaded_at') }},
        {{ feedback_column('updated_at') }}
    from {{ source('raw', 'customer_feedback') }}
) as named
{% if var('feedback_table') -%}
{# A review of stars only says nothing; `insights load` rejects it. #}
where {{ normalised_text('feedback_text') }} <> ''
{%- endif %}
