{#
    Grain: one row a category: the active ones, and retired ones that some feedback still carries. With `as_of`,
    figures of a category that was active then and is not now, and that no text carries any more, are null: its
    tags were taken away since, which is not the same as none.
#}

{% set known = is_true('categories.is_active_now') ~ ' or totals.category is not null' %}

with categories as (
    select * from {{ ref('int_taxonomy__categories') }}
),

months as (
    select * from {{ ref('int_tags__by_period') }}
    where period = 'month'
),

evidence as (
    select * from {{ ref('int_tags__evidence') }}
),

tagged_total as (
    select {{ total('count_feedback') }} as count_feedback
    from months
    where category is null
),

totals as (
    select
        category,
        {{ total('count_feedback') }} as count_feedback,
        {{ total('count_rated') }} as count_rated,
        sum(sum_rating) as sum_rating,
        {{ total('count_positive') }} as count_positive,
        {{ total('count_negative') }} as count_negative,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from months
    where category is not null
    group by category
)

select
    -- ids
    categories.category,
    categories.parent_category,

    -- text
    categories.description,

    -- numbers
    case when {{ known }} then coalesce(totals.count_feedback, 0) end as count_feedback,
    {{ ratio('case when ' ~ known ~ ' then coalesce(totals.count_feedback, 0) end', 'tagged_total.count_feedback') }}
        as share_of_tagged,
    case when {{ known }} then coalesce(totals.count_rated, 0) end as count_rated,
    {{ ratio('totals.sum_rating', 'totals.count_rated') }} as mean_rating,
    evidence.mean_confidence,
    case when {{ known }} then coalesce(totals.count_positive, 0) end as count_positive,
    case when {{ known }} then coalesce(totals.count_negative, 0) end as count_negative,

    -- flags
    categories.is_active,

    -- timestamps
    totals.first_seen_at,
    totals.last_seen_at,

    -- ids, last since a column keeps its place
    evidence.tagged_by_model,
    evidence.prompt_hash,
    evidence.exemplar_feedback_ids
from categories
cross join tagged_total
left join totals
    on categories.category = totals.category
left join evidence
    on categories.category = evidence.category
where {{ is_true('categories.is_active') }} or totals.category is not null
