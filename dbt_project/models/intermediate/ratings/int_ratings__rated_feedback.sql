{#
    Grain: one row a rated feedback and kind of theme that could have named it: `cluster` where the published
    run placed it, `category` where its text was tagged. A stratum is a product and a source: only within one
    are ratings compared. A view: one model reads it.
#}

{{ config(materialized='view') }}

{% set stratum = dbt.concat(["coalesce(product, '')", "' | '", "coalesce(source, '')"]) %}

with placed as (
    select * from {{ ref('int_clusters__assigned_feedback') }}
    where rating is not null
),

feedback as (
    select * from {{ ref('int_feedback__deduplicated') }}
    where rating is not null
),

tagged as (
    select
        content_hash,
        categories,
        count_categories
    from {{ ref('int_tags__by_text') }}
)

select
    {{ as_key("'cluster'") }} as theme_kind,
    feedback_id,
    content_hash,
    {{ stratum }} as stratum,
    cluster_path,
    cast(null as {{ type_text() }}) as categories,
    cast(null as bigint) as count_categories,
    rating
from placed
union all
select
    {{ as_key("'category'") }} as theme_kind,
    feedback.feedback_id,
    feedback.content_hash,
    {{ stratum }} as stratum,
    {{ as_key('null') }} as cluster_path,
    tagged.categories,
    tagged.count_categories,
    feedback.rating
from feedback
inner join tagged
    on feedback.content_hash = tagged.content_hash
