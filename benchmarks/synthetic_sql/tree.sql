insert into customer_insights.cluster_runs (run_id, status, method, parameters, library_versions, embedding_model,
    embedding_dimensions, input_hash, count_feedback, count_texts, noise_share, created_at, published_at, job_run_id)
values ('run', 'published', 'graph', '{}', '{}', %(model)s, 384, 'i', 1, 1, 0.05, now(), now(), 'job');
with paths (path, depth) as (
    select 'root', 0
    union all select 'root.noise', 1
    union all select 'root.' || a, 1 from generate_series(0, 14) as a
    union all select 'root.' || a || '.' || b, 2 from generate_series(0, 14) as a, generate_series(0, 5) as b
    union all select 'root.' || a || '.0.' || c, 3 from generate_series(0, 8) as a, generate_series(0, 2) as c
    union all select 'root.' || a || '.1.noise', 3 from generate_series(0, 1) as a
)
insert into customer_insights.clusters (run_id, cluster_path, cluster_key, parent_path, depth, is_noise, is_leaf,
    count_texts, count_feedback, cluster_name, summary, named_at)
select 'run', path, 'key ' || path, case when depth > 0 then regexp_replace(path, '[.][^.]*$', '') end, depth,
    path like '%%noise', not exists (select from paths as lower where lower.path like paths.path || '.%%'),
    1, 1, 'Cluster ' || path, 'Summary of ' || path, now()
from paths;
