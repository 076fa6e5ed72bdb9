-- Marts read the published run: there is one answer to which.
select count(*) as count_published
from {{ ref('stg_jobs__cluster_runs') }}
where status = 'published'
having count(*) > 1
