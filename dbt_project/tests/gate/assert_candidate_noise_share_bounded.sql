-- A tree that leaves most feedback as noise answers nothing.
{{ config(severity=var('gate_severity')) }}

select
    run_id,
    noise_share
from {{ ref('stg_jobs__cluster_runs') }}
where
    status = 'candidate'
    and noise_share > {{ number_var('gate_max_noise_share', 0, 1) }}
