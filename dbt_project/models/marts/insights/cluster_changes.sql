{#
    Grain: one row an event between a run that was published and the run published before it: a
    continuation, a birth, a death, a part of a split or of a merge.
#}

with events as (
    select * from {{ ref('stg_jobs__cluster_events') }}
),

runs as (
    select * from {{ ref('stg_jobs__cluster_runs') }}
    where status in ('published', 'superseded')
),

clusters as (
    select * from {{ ref('int_clusters__named') }}
)

select
    -- ids
    events.run_id,
    events.event_number,
    events.previous_run_id,
    events.cluster_key,
    events.cluster_path,
    events.previous_cluster_key,
    events.previous_cluster_path,

    -- text
    events.event,
    clusters.cluster_name,
    previous.cluster_name as previous_cluster_name,

    -- numbers
    coalesce(clusters.depth, previous.depth) as depth,
    events.count_feedback,
    events.share_of_previous,
    events.share_of_cluster,
    events.share_unseen,
    events.jaccard,

    -- flags
    {{ flag("runs.status = 'published'") }} as is_latest,

    -- timestamps
    runs.published_at
from events
inner join runs
    on events.run_id = runs.run_id
left join clusters
    on
        events.run_id = clusters.run_id
        and events.cluster_path = clusters.cluster_path
left join clusters as previous
    on
        events.previous_run_id = previous.run_id
        and events.previous_cluster_path = previous.cluster_path
