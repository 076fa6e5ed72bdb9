with source as (
    select * from {{ source('load', 'rejected_feedback') }}
)

select
    {{ as_exact('feedback_id') }} as feedback_id,
    origin,
    reason,
    line_number,
    {{ as_utc('rejected_at') }} as rejected_at
from source
