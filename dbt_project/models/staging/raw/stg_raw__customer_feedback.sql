with source as (
    select * from {{ source('raw', 'customer_feedback') }}
),

renamed as (
    select
        -- ids
        feedback_id,
        {{ as_key(json_text('attributes', var('customer_attribute'))) }} as customer_id,

        -- text
        feedback_text,
        {{ normalised_text('feedback_text') }} as normalised_text,
        {{ as_exact('source') }} as source,
        {{ as_exact('product') }} as product,
        {{ as_key(json_text('attributes', var('language_attribute'))) }} as language,
        attributes,
        origin,

        -- numbers
        rating,

        -- timestamps
        {{ as_utc('created_at') }} as created_at,
        {{ as_utc('loaded_at') }} as loaded_at,
        {{ as_utc('updated_at') }} as updated_at
    from source
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
