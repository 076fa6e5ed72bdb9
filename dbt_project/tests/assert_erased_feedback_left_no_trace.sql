-- No table names feedback that was erased. Returns hashes and never an id; no salt, no work.
with salts as (
    select salt from {{ source('customer_insights', 'erasure_salt') }}
),

named as (
    select
        'raw.customer_feedback' as table_name,
        feedback_id
    from {{ ref('stg_raw__customer_feedback') }}
    union all
    select
        'raw.rejected_feedback' as table_name,
        feedback_id
    from {{ ref('stg_raw__rejected_feedback') }}
    union all
    select
        'customer_insights.embedded_items' as table_name,
        feedback_id
    from {{ ref('stg_jobs__embedded_items') }}
    union all
    select
        'customer_insights.tagged_items' as table_name,
        feedback_id
    from {{ ref('stg_jobs__tagged_items') }}
    union all
    select
        'marts.feedback' as table_name,
        feedback_id
    from {{ ref('feedback') }}
    union all
    select
        'marts.feedback' as table_name,
        canonical_feedback_id as feedback_id
    from {{ ref('feedback') }}
    union all
    select
        'marts.cluster_exemplars' as table_name,
        feedback_id
    from {{ ref('cluster_exemplars') }}
    union all
    select
        'marts.near_duplicates' as table_name,
        feedback_id
    from {{ ref('near_duplicates') }}
    union all
    select
        'marts.near_duplicates' as table_name,
        first_feedback_id as feedback_id
    from {{ ref('near_duplicates') }}
),

hashed as (
    select
        named.table_name,
        {{ sha256_hex(dbt.concat(['salts.salt', 'named.feedback_id'])) }} as feedback_hash
    from named
    cross join salts
    where named.feedback_id is not null
)

select
    hashed.table_name,
    hashed.feedback_hash
from hashed
inner join {{ ref('stg_jobs__erased_feedback') }} as erased
    on hashed.feedback_hash = erased.feedback_hash
