{#
    Grain: one row a category and day, ISO week or month in which feedback carries it; and one a period in
    which any feedback was tagged, where the category is null. Feedback is counted once, a day and list of
    categories at a time; categories, weeks and months add up.
#}

with feedback as (
    select
        items.categories,
        items.count_categories,
        items.sentiment,
        items.prompt_hash,
        feedback.rating,
        feedback.created_at
    from {{ ref('int_feedback__deduplicated') }} as feedback
    inner join {{ ref('int_tags__by_text') }} as items
        on feedback.content_hash = items.content_hash
),

listed as (
    select
        categories,
        count_categories,
        cast(created_at as date) as created_on,
        count(*) as count_feedback,
        count(rating) as count_rated,
        sum(cast(rating as decimal(12, 3))) as sum_rating,
        count(case when sentiment in ('positive', 'very positive') then 1 end) as count_positive,
        count(case when sentiment in ('negative', 'very negative') then 1 end) as count_negative,
        min(created_at) as first_seen_at,
        max(created_at) as last_seen_at,
        min(prompt_hash) as lowest_prompt_hash,
        max(prompt_hash) as highest_prompt_hash
    from feedback
    group by categories, count_categories, cast(created_at as date)
),

carried as (
    select
        lists.category,
        listed.*
    from listed
    inner join {{ ref('int_tags__category_lists') }} as lists
        on
            listed.categories = lists.categories
            and listed.count_categories = lists.count_categories
    union all
    select
        {{ as_key('null') }} as category,
        listed.*
    from listed
),

days as (
    select
        category,
        created_on,
        {{ total('count_feedback') }} as count_feedback,
        {{ total('count_rated') }} as count_rated,
        sum(sum_rating) as sum_rating,
        {{ total('count_positive') }} as count_positive,
        {{ total('count_negative') }} as count_negative,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        min(lowest_prompt_hash) as lowest_prompt_hash,
        max(highest_prompt_hash) as highest_prompt_hash
    from carried
    group by category, created_on
),

dated as (
    select
        days.*,
        periods.period,
        {{ period_start('periods.period', 'days.created_on') }} as period_start
    from days
    cross join (values ('week'), ('month')) as periods (period)
),

added_up as (
    select
        category,
        'day' as period,
        created_on as period_start,
        count_feedback,
        count_rated,
        sum_rating,
        count_positive,
        count_negative,
        first_seen_at,
        last_seen_at,
        lowest_prompt_hash,
        highest_prompt_hash
    from days
    union all
    select
        category,
        period,
        period_start,
        {{ total('count_feedback') }} as count_feedback,
        {{ total('count_rated') }} as count_rated,
        sum(sum_rating) as sum_rating,
        {{ total('count_positive') }} as count_positive,
        {{ total('count_negative') }} as count_negative,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        min(lowest_prompt_hash) as lowest_prompt_hash,
        max(highest_prompt_hash) as highest_prompt_hash
    from dated
    group by category, period, period_start
)

select
    category,
    {{ as_key('period') }} as period,
    period_start,
    count_feedback,
    count_rated,
    sum_rating,
    count_positive,
    count_negative,
    first_seen_at,
    last_seen_at,
    lowest_prompt_hash,
    highest_prompt_hash
from added_up
