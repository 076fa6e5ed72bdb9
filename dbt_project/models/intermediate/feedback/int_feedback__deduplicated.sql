{#
    Grain: one row a feedback. Every duplicate keeps a link to the first occurrence of its text.

    An increment takes all feedback of each text that something happened to: it was said anew, edited, lost
    an occurrence by an edit, by a deletion in the source or by an erasure here. Dates of feedback do not matter.
#}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='feedback_id',
    on_schema_change='fail',
    indexes=[{'columns': ['feedback_id']}, {'columns': ['content_hash']}],
    post_hook="{{ delete_vanished(ref('stg_raw__customer_feedback'), 'feedback_id') }}"
) }}

with feedback as (
    select * from {{ ref('stg_raw__customer_feedback') }}
    {% if as_of_end() %}where created_at < {{ as_of_end() }}{% endif %}
),

{% if is_incremental() %}
    known as (
        select
            feedback_id,
            content_hash,
            count_occurrences,
            customer_id,
            updated_at
        from {{ this }}
    ),

    {# By itself, so that the hashes of all texts are not computed only to look at the time. #}
    stamps as (
        select
            feedback_id,
            customer_id,
            updated_at
        from {{ ref('stg_raw__customer_feedback') }}
    ),

    written as (
        select stamps.feedback_id
        from stamps
        left join known
            on stamps.feedback_id = known.feedback_id
        where
            known.feedback_id is null
            or stamps.updated_at <> known.updated_at
            or coalesce(stamps.customer_id, '') <> coalesce(known.customer_id, '')
    ),

    rehashed as (
        select
            source.feedback_id,
            source.content_hash
        from {{ ref('stg_raw__customer_feedback') }} as source
        inner join written
            on source.feedback_id = written.feedback_id
    ),

    touched as (
        select content_hash from rehashed
        union
        select known.content_hash
        from known
        inner join written
            on known.feedback_id = written.feedback_id
        union
        select known.content_hash
        from known
        left join stamps
            on known.feedback_id = stamps.feedback_id
        where stamps.feedback_id is null
        union
        select content_hash
        from known
        group by content_hash
        having count(*) <> max(count_occurrences)
    ),

    concerned as (
        select feedback_id from rehashed
        union
        select known.feedback_id
        from known
        inner join touched
            on known.content_hash = touched.content_hash
    ),

    taken as (
        select feedback.*
        from feedback
        inner join concerned
            on feedback.feedback_id = concerned.feedback_id
    ),
{% else %}
    taken as (
        select * from feedback
    ),
{% endif %}

ranked as (
    select
        taken.*,
        row_number() over (
            partition by taken.content_hash order by taken.created_at, taken.feedback_id
        ) as occurrence,
        count(*) over (partition by taken.content_hash) as count_occurrences
    from taken
),

canonical as (
    select
        content_hash,
        feedback_id as canonical_feedback_id,
        feedback_text as canonical_text
    from ranked
    where occurrence = 1
)

select
    ranked.feedback_id,
    canonical.canonical_feedback_id,
    ranked.content_hash,
    ranked.customer_id,
    ranked.feedback_text,
    canonical.canonical_text,
    ranked.source,
    ranked.product,
    ranked.attributes,
    ranked.rating,
    ranked.occurrence,
    ranked.count_occurrences,
    {{ flag('ranked.occurrence = 1') }} as is_canonical,
    ranked.created_at,
    ranked.loaded_at,
    ranked.updated_at
from ranked
inner join canonical
    on ranked.content_hash = canonical.content_hash
