-- Every request is counted once, and no cost is lost on the way.
with marts as (
    select
        coalesce(sum(count_requests), 0) as count_requests,
        coalesce(sum(known_cost_usd), 0) as cost_usd
    from {{ ref('model_costs') }}
),

requests as (
    select
        count(*) as count_requests,
        coalesce(sum(cost_usd), 0) as cost_usd
    from {{ ref('stg_jobs__api_usage') }}
)

select
    marts.count_requests,
    requests.count_requests as count_recorded,
    marts.cost_usd,
    requests.cost_usd as cost_recorded
from marts
cross join requests
where marts.count_requests <> requests.count_requests or marts.cost_usd <> requests.cost_usd
