{# Grain: one row a cluster of any run that has keywords. A view: candidates change between builds. #}

{{ config(materialized='view') }}

with keywords as (
    select * from {{ ref('stg_jobs__cluster_keywords') }}
)

select
    run_id,
    cluster_path,
    {{ joined_text('keyword', ', ', 'keyword_rank') }} as keywords
from keywords
group by run_id, cluster_path
