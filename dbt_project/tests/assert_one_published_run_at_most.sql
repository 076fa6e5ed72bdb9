select count(*) as count_published
from {{ ref('stg_jobs__cluster_runs') }}
where status = 'published'
having count(*) > 1
