{# Grain: one row a day (UTC), job, provider, model and mode of requests. #}

with usage as (
    select * from {{ ref('stg_jobs__api_usage') }}
)

select
    -- ids
    cast(requested_at as date) as requested_on,
    job,
    provider,
    model,
    mode,

    -- numbers
    count(*) as count_requests,
    {{ total("case when status = 'ok' then 0 else 1 end") }} as count_failed_requests,
    count(distinct job_run_id) as count_job_runs,
    cast(sum(cast(count_items as bigint)) as bigint) as count_items,
    cast(sum(input_tokens) as bigint) as input_tokens,
    cast(sum(cached_tokens) as bigint) as cached_tokens,
    cast(sum(output_tokens) as bigint) as output_tokens,
    {{ total('case when cost_usd is null then 1 else 0 end') }} as count_requests_without_price,
    case when count(cost_usd) = count(*) then cast(sum(cost_usd) as decimal(18, 9)) end as cost_usd,
    cast(coalesce(sum(cost_usd), 0) as decimal(18, 9)) as known_cost_usd,

    -- timestamps
    min(requested_at) as first_requested_at,
    max(requested_at) as last_requested_at
from usage
group by cast(requested_at as date), job, provider, model, mode
