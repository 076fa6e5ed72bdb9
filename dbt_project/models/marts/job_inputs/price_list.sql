{# Grain: one row a provider, model and period. A price counts until the model's next one begins. #}

with prices as (
    select * from {{ ref('stg_prices__models') }}
)

select
    model,
    provider,
    kind,
    currency,
    source_note,
    input_per_million,
    cached_input_per_million,
    output_per_million,
    batch_discount,
    valid_from,
    lead(valid_from) over (partition by provider, model order by valid_from) as valid_before
from prices
