with source as (
    select * from {{ source('raw', 'customer_feedback') }}
),

named as (
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
    from source
),

renamed as (
    select
        -- ids
        feedback_id,
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
    from named
)

select
    feedback_id,
    {{ sha256_hex('normalised_text') }} as content_hash,
    customer_id,
    feedback_text,
    normalised_text,
    source,
    product,
    language,
    attributes,
    origin,
    rating,
    created_at,
    loaded_at,
    updated_at
from renamed
{% if var('feedback_table') -%}
{# A review of stars only says nothing; `insights load` rejects it. #}
where normalised_text <> ''
{%- endif %}
