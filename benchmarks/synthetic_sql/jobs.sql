create temporary table fresh as
select content_hash, min(feedback_id) as feedback_id, ('x' || left(content_hash, 6))::bit(24)::int as number
from staging.stg_raw__customer_feedback
where feedback_id in (select feedback_id from raw.customer_feedback where row_hash like 'row %%')
group by content_hash;
delete from fresh where content_hash in (select content_hash from customer_insights.embedded_items);
analyze fresh;
insert into customer_insights.embedded_items (content_hash, model, dimensions, provider, feedback_id, embedded_at,
    job_run_id)
select content_hash, %(model)s, 384, 'local', feedback_id, now(), 'job' from fresh;
insert into customer_insights.tagged_items (content_hash, model, provider, feedback_id, taxonomy_hash, prompt_hash,
    sentiment, tagged_at, job_run_id)
select content_hash, %(model)s, 'local', feedback_id, 't', 'p',
    (array['negative', 'neutral', 'positive'])[1 + number %% 3], now(), 'job' from fresh;
insert into customer_insights.feedback_tags (content_hash, model, category, confidence)
select fresh.content_hash, %(model)s, categories.category, 0.5 + fresh.number %% 100 / 200.0
from fresh inner join (
    select category, row_number() over (order by category) as place, count(*) over () as many
    from staging.stg_taxonomy__tag_categories
) as categories on fresh.number %% many = place - 1 or (fresh.number %% 3 = 0 and (fresh.number + 5) %% many = place);
insert into customer_insights.cluster_assignments (run_id, content_hash, cluster_path, membership_probability,
    noise_score, x, y, assigned_at)
select 'run', fresh.content_hash, leaves.cluster_path, 0.9, 0.1, number %% 97, number %% 89, %(assigned_at)s
from fresh inner join (
    select cluster_path, row_number() over (order by cluster_path) as place, count(*) over () as many
    from customer_insights.clusters where is_leaf
) as leaves on fresh.number %% many = place - 1;
insert into customer_insights.cluster_exemplars (run_id, cluster_path, exemplar_rank, content_hash)
select 'run', cluster_path, place, content_hash from (
    select cluster_path, content_hash, row_number() over (partition by cluster_path order by content_hash) as place
    from customer_insights.cluster_assignments
) as ranked where place <= 3 and not exists (select from customer_insights.cluster_exemplars);
insert into customer_insights.active_models (kind, provider, model, dimensions, taxonomy_hash, prompt_hash, activated_at)
values ('embedding', 'local', %(model)s, 384, null, null, now()), ('tagging', 'local', %(model)s, null, 't', 'p', now())
on conflict do nothing;
insert into customer_insights.tagged_taxonomies (taxonomy_hash, category, category_hash, recorded_at)
select 't', category, category_hash, now() from staging.stg_taxonomy__tag_categories where is_active
on conflict do nothing;
update raw.customer_feedback set row_hash = 'seen' where row_hash like 'row %%';
drop table fresh;
