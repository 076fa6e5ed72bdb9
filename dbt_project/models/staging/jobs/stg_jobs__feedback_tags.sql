{# Without `with`, so that Postgres finds the tags of a few texts by their key (as in `stg_raw__customer_feedback`). #}

select
    content_hash,
    model,
    category,
    confidence,
    rationale
from {{ source('customer_insights', 'feedback_tags') }}
