update raw.customer_feedback
set feedback_text = feedback_text || ' edited', row_hash = 'row ' || feedback_id, updated_at = now()
where feedback_id in (select 'S' || lpad((1 + floor(random() * %(rows)s))::int::text, 8, '0')
    from generate_series(1, %(edited)s));
update raw.customer_feedback set rating = 6 - rating, updated_at = now()
where feedback_id in (select 'S' || lpad((1 + floor(random() * %(rows)s))::int::text, 8, '0')
    from generate_series(1, %(edited)s));
delete from raw.customer_feedback
where feedback_id in (select 'S' || lpad((1 + floor(random() * %(rows)s))::int::text, 8, '0')
    from generate_series(1, %(deleted)s));
insert into customer_insights.cluster_assign_runs (job_run_id, run_id, assigned_at, count_texts,
    count_feedback, count_noise_texts, count_noise_feedback, distance_bound, noise_share,
    expected_noise_share, far_share, expected_far_share, added_share)
select 'a' || count(*), 'run', now(), 1, 2, 0, 0, 0.5, 0, 0.1, 0, 0.01, 0.2 from customer_insights.cluster_assign_runs;
