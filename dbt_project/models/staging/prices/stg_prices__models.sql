with source as (
    select * from {{ ref('model_prices') }}
)

select
    model,
    provider,
    kind,
    currency,
    source_note,
    input_per_million,
    coalesce(cached_input_per_million, input_per_million) as cached_input_per_million,
    output_per_million,
    batch_discount,
    valid_from
from source
