{#
    Grain: one row a text that the active tagging model has read, with no category or with several. An increment takes
    the texts that were read, or read again, and those that the model has not read: tags are replaced with their text's
    record (`tagged_at`), never alone.
#}

{% set compared = ['model', 'provider', 'prompt_hash', 'sentiment', 'tagged_at'] %}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='content_hash',
    indexes=[{'columns': ['content_hash']}],
    post_hook="{{ delete_emptied('tagged_by_model') }}"
) }}

with active_model as (
    select * from {{ ref('int_models__active') }}
    where kind = 'tagging'
),

read_texts as (
    select items.*
    from {{ ref('stg_jobs__tagged_items') }} as items
    inner join active_model
        on items.model = active_model.model
),

{% if is_incremental() %}
    known as (
        select
            content_hash,
            tagged_by_model as model,
            tagged_by_provider as provider,
            prompt_hash,
            sentiment,
            tagged_at
        from {{ this }}
    ),

    items as (
        select
            coalesce(read_texts.content_hash, known.content_hash) as content_hash,
            read_texts.model,
            read_texts.provider,
            read_texts.prompt_hash,
            read_texts.sentiment,
            read_texts.tagged_at
        from read_texts
        full outer join known
            on read_texts.content_hash = known.content_hash
        where
            read_texts.content_hash is null
            or known.content_hash is null
            or {{ differ(compared, 'read_texts', 'known') }}
    ),
{% else %}
    items as (
        select * from read_texts
    ),
{% endif %}

tags as (
    select
        tags.content_hash,
        tags.category,
        row_number() over (
            partition by tags.content_hash order by tags.confidence desc, tags.category asc
        ) as category_rank
    from {{ ref('int_tags__current') }} as tags
    {% if is_incremental() %}
        inner join items
            on tags.content_hash = items.content_hash
    {% endif %}
),

categories as (
    select
        content_hash,
        {{ joined_text('category', ', ', 'category_rank') }} as categories,
        count(*) as count_categories,
        max(case when category_rank = 1 then category end) as main_category
    from tags
    group by content_hash
)

select
    items.content_hash,
    items.model as tagged_by_model,
    items.provider as tagged_by_provider,
    items.prompt_hash,
    items.sentiment,
    categories.main_category,
    categories.categories,
    coalesce(categories.count_categories, 0) as count_categories,
    items.tagged_at
from items
left join categories
    on items.content_hash = categories.content_hash
