with source as (
    select * from {{ source('raw', 'rejected_feedback') }}
)

select
    feedback_id,
    origin,
    reason,
    line_number,
    {{ as_utc('rejected_at') }} as rejected_at
from source
