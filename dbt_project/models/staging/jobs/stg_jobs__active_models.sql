with source as (
    select * from {{ source('customer_insights', 'active_models') }}
)

select
    kind,
    model,
    provider,
    taxonomy_hash,
    prompt_hash,
    dimensions,
    {{ as_utc('activated_at') }} as activated_at
from source
