-- Dashboards survive a new tree only if most feedback is still under its key. Where no run is
-- published, or the two have no text in common, there is nothing to keep and continuity is null.
{{ config(severity=var('gate_severity')) }}

select
    run_id,
    previous_run_id,
    continuity
from {{ ref('stg_jobs__cluster_runs') }}
where
    status = 'candidate'
    and continuity < {{ number_var('gate_min_continuity', 0, 1) }}
