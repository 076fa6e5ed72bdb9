{#
    Grain: one row a distinct text that some feedback says, or said at an earlier build: which build found it, or found
    it gone. What is worked out for each text once (its words, what it resembles) takes from here what it has not seen.
    A build without news changes nothing.
#}

{# The clock in milliseconds; of a clock that is behind that of the last build, one more than the last. #}
{% set batch = [(run_started_at.timestamp() * 1000) | int, last_batch() | int + 1] | max %}
{% set batch = 'cast(' ~ batch ~ ' as bigint)' %}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='content_hash',
    indexes=[{'columns': ['content_hash']}]
) }}

with said as (
    select content_hash from {{ ref('int_feedback__deduplicated') }}
    where {{ is_true('is_canonical') }}
)

{% if is_incremental() %}
    select
        coalesce(said.content_hash, known.content_hash) as content_hash,
        {{ batch }} as batch,
        {{ as_key("case when said.content_hash is null then 'gone' else 'said' end") }} as status
    from said
    full outer join {{ this }} as known
        on said.content_hash = known.content_hash
    where
        known.content_hash is null
        or (said.content_hash is null and known.status = 'said')
        or (said.content_hash is not null and known.status = 'gone')
{% else %}
    select
        content_hash,
        {{ batch }} as batch,
        {{ as_key("'said'") }} as status
    from said
{% endif %}
