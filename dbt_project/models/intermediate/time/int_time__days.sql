{# Grain: one row a day, from the first feedback to the last: MetricFlow's time spine. A view: it costs nothing. #}

{{ config(materialized='view') }}

with periods as (
    select * from {{ ref('int_time__periods') }}
    where period = 'day'
)

select period_start as day_start
from periods
