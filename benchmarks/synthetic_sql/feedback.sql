insert into raw.customer_feedback (feedback_id, created_at, source, product, rating, feedback_text, attributes,
    row_hash, origin, loaded_at, updated_at)
with drawn as (
    select n, random() as stock, random() as day, 8 + floor(random() * 24)::int as length
    from generate_series(%(first)s::int, %(last)s::int) as n
),
spoken as (
    select drawn.*, case when stock < 0.06 then 'stock phrase number ' || floor(stock * 500 / 0.06)
        else (select string_agg('w' || floor(1000000 * power(random(), 6)), ' ')
            from generate_series(1, drawn.length) where drawn.n > 0) end as said
    from drawn
)
select 'S' || lpad(n::text, 8, '0'),
    %(start)s::timestamptz + floor((%(from_day)s + day * %(days)s) * 86400) * interval '1 second',
    (array['review', 'return', 'chat', 'survey'])[1 + n %% 4], 'product ' || n %% 11,
    case when n %% 10 > 0 then 1 + n %% 5 end,
    case when n %% 200 = 1 then coalesce(lag(said) over (order by n) || ' again', said) else said end,
    jsonb_build_object('customer_id', 'c' || n %% 50000), 'row ' || n, 'synthetic', now(), now()
from spoken
