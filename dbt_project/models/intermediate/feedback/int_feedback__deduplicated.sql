{#
    Grain: one row a feedback. Every duplicate keeps a link to the first occurrence of its text. All in one pass over
    the feedback in the order of its texts: joining it with its first occurrences took twice as long.

    An increment takes the texts whose feedback is new, changed, gone, or erased since (counted, but not there), with all
    that say them. The loader sets `updated_at` with any change; of a table of one's own every column is compared.
#}

{% set occurrences = 'over (partition by content_hash order by created_at, feedback_id)' %}
{% set compared = ['updated_at', 'customer_id', 'language'] %}
{% set texts = ['feedback_text', 'source', 'product', 'attributes'] %}
{% if var('feedback_table') %}{% set compared = compared + texts + ['rating', 'created_at', 'loaded_at'] %}{% endif %}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='feedback_id',
    indexes=[{'columns': ['content_hash']}],
    post_hook="{{ delete_emptied('content_hash') }}"
) }}

with raw_feedback as (
    select * from {{ ref('stg_raw__customer_feedback') }}
    {% if as_of_end() %}where created_at < {{ as_of_end() }}{% endif %}
),

{% if is_incremental() %}
    changed as (
        select
            raw_feedback.feedback_id,
            known.feedback_id as known_id,
            known.content_hash as known_hash
        from raw_feedback
        full outer join {{ this }} as known
            on raw_feedback.feedback_id = known.feedback_id
        where
            raw_feedback.feedback_id is null
            or known.feedback_id is null
            or {{ differ(compared, 'raw_feedback', 'known', texts) }}
    ),

    gone as (
        select * from changed
        where feedback_id is null
    ),

    {# A text is hashed where it is read: of what changed, not to compare. #}
    renewed as (
        select
            feedback.feedback_id,
            feedback.content_hash,
            feedback.customer_id,
            feedback.feedback_text,
            feedback.source,
            feedback.product,
            feedback.language,
            feedback.attributes,
            feedback.rating,
            feedback.created_at,
            feedback.loaded_at,
            feedback.updated_at
        from {{ ref('stg_raw__customer_feedback') }} as feedback
        inner join changed
            on feedback.feedback_id = changed.feedback_id
    ),

    touched as (
        select content_hash from renewed
        union
        select known_hash as content_hash from changed
        where known_hash is not null
        union
        select content_hash from {{ this }}
        where count_occurrences > 1
        group by content_hash
        having count(*) <> max(count_occurrences)
    ),

    feedback as (
        select * from renewed
        union all
        select
            known.feedback_id,
            known.content_hash,
            known.customer_id,
            known.feedback_text,
            known.source,
            known.product,
            known.language,
            known.attributes,
            known.rating,
            known.created_at,
            known.loaded_at,
            known.updated_at
        from {{ this }} as known
        inner join touched
            on known.content_hash = touched.content_hash
        left join changed
            on known.feedback_id = changed.known_id
        where changed.known_id is null
    ),
{% else %}
    feedback as (
        select * from raw_feedback
    ),
{% endif %}

ranked as (
    select
        *,
        first_value(feedback_id) {{ occurrences }} as canonical_feedback_id,
        first_value(feedback_text) {{ occurrences }} as canonical_text,
        row_number() {{ occurrences }} as occurrence,
        count(*) over (partition by content_hash) as count_occurrences
    from feedback
)

select
    {{ 'coalesce(ranked.feedback_id, gone.known_id) as feedback_id' if is_incremental() else 'ranked.feedback_id' }},
    ranked.canonical_feedback_id,
    ranked.content_hash,
    ranked.customer_id,
    ranked.feedback_text,
    ranked.canonical_text,
    ranked.source,
    ranked.product,
    ranked.language,
    ranked.attributes,
    ranked.rating,
    ranked.occurrence,
    ranked.count_occurrences,
    {{ flag('ranked.occurrence = 1') }} as is_canonical,
    ranked.created_at,
    ranked.loaded_at,
    ranked.updated_at
from ranked
{% if is_incremental() %}
    full outer join gone
        on ranked.feedback_id = gone.known_id
{% endif %}
