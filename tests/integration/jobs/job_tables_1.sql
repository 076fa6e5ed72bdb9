-- What the macro create_tables made at version 1 (pg_dump of the schemas, without names).
create schema customer_insights;
create schema raw;
create table customer_insights.active_models (
    kind text collate "C" not null,
    provider text collate "C" not null,
    model text collate "C" not null,
    dimensions integer,
    taxonomy_hash text collate "C",
    prompt_hash text collate "C",
    activated_at timestamp with time zone not null
);
create table customer_insights.api_usage (
    request_id text collate "C" not null,
    job_run_id text collate "C" not null,
    job text collate "C" not null,
    provider text collate "C" not null,
    model text collate "C" not null,
    requested_at timestamp with time zone not null,
    count_items integer not null,
    input_tokens bigint not null,
    output_tokens bigint not null,
    cached_tokens bigint not null,
    latency_seconds double precision not null,
    retries integer not null,
    status text collate "C" not null
);
create table customer_insights.cluster_assignments (
    run_id text collate "C" not null,
    content_hash text collate "C" not null,
    cluster_path text collate "C" not null,
    membership_probability double precision not null,
    noise_score double precision not null,
    x double precision not null,
    y double precision not null
);
create table customer_insights.cluster_exemplars (
    run_id text collate "C" not null,
    cluster_path text collate "C" not null,
    exemplar_rank integer not null,
    content_hash text collate "C" not null
);
create table customer_insights.cluster_keywords (
    run_id text collate "C" not null,
    cluster_path text collate "C" not null,
    keyword_rank integer not null,
    keyword text not null,
    score double precision not null
);
create table customer_insights.cluster_runs (
    run_id text collate "C" not null,
    status text collate "C" not null,
    status_reason text,
    method text collate "C" not null,
    parameters jsonb not null,
    library_versions jsonb not null,
    embedding_model text collate "C" not null,
    embedding_dimensions integer not null,
    input_hash text collate "C" not null,
    count_feedback integer not null,
    count_texts integer not null,
    noise_share double precision not null,
    start_date date,
    end_date date,
    created_at timestamp with time zone not null,
    published_at timestamp with time zone,
    job_run_id text collate "C" not null,
    constraint cluster_runs_status_check check ((status = any (array['candidate'::text, 'published'::text, 'superseded'::text, 'rejected'::text])))
);
create table customer_insights.clusters (
    run_id text collate "C" not null,
    cluster_path text collate "C" not null,
    parent_path text collate "C",
    depth integer not null,
    is_noise boolean not null,
    is_leaf boolean not null,
    count_texts integer not null,
    count_feedback integer not null,
    persistence double precision,
    cluster_name text,
    summary text,
    named_by_provider text collate "C",
    named_by_model text collate "C",
    prompt_hash text collate "C",
    named_at timestamp with time zone
);
create table customer_insights.dead_letters (
    job text collate "C" not null,
    content_hash text collate "C" not null,
    model text collate "C" not null,
    reason text not null,
    failed_at timestamp with time zone not null,
    job_run_id text collate "C" not null
);
create table customer_insights.embedded_items (
    content_hash text collate "C" not null,
    model text collate "C" not null,
    dimensions integer not null,
    provider text collate "C" not null,
    feedback_id text collate "C" not null,
    embedded_at timestamp with time zone not null,
    job_run_id text collate "C" not null
);
create table customer_insights.feedback_tags (
    content_hash text collate "C" not null,
    model text collate "C" not null,
    category text collate "C" not null,
    confidence double precision not null
);
create table customer_insights.job_runs (
    job_run_id text collate "C" not null,
    job text collate "C" not null,
    status text collate "C" not null,
    started_at timestamp with time zone not null,
    finished_at timestamp with time zone,
    provider text collate "C",
    model text collate "C",
    counts jsonb,
    error text,
    constraint job_runs_status_check check ((status = any (array['running'::text, 'succeeded'::text, 'failed'::text])))
);
create table customer_insights.schema_versions (
    version integer not null,
    applied_at timestamp with time zone not null
);
create table customer_insights.tagged_items (
    content_hash text collate "C" not null,
    model text collate "C" not null,
    provider text collate "C" not null,
    feedback_id text collate "C" not null,
    taxonomy_hash text collate "C" not null,
    prompt_hash text collate "C" not null,
    sentiment text collate "C",
    tagged_at timestamp with time zone not null,
    job_run_id text collate "C" not null
);
create table raw.customer_feedback (
    feedback_id text collate "C" not null,
    created_at timestamp with time zone not null,
    source text,
    product text,
    rating numeric(6,3),
    feedback_text text not null,
    attributes jsonb default '{}'::jsonb not null,
    row_hash text collate "C" not null,
    origin text collate "C" not null,
    loaded_at timestamp with time zone not null,
    updated_at timestamp with time zone not null
);
create table raw.rejected_feedback (
    origin text collate "C" not null,
    line_number bigint not null,
    reason text collate "C" not null,
    feedback_id text,
    rejected_at timestamp with time zone not null
);
alter table customer_insights.active_models add primary key (kind);
alter table customer_insights.api_usage add primary key (request_id);
alter table customer_insights.cluster_assignments add primary key (run_id, content_hash);
alter table customer_insights.cluster_exemplars add primary key (run_id, cluster_path, exemplar_rank);
alter table customer_insights.cluster_keywords add primary key (run_id, cluster_path, keyword_rank);
alter table customer_insights.cluster_runs add primary key (run_id);
alter table customer_insights.clusters add primary key (run_id, cluster_path);
alter table customer_insights.dead_letters add primary key (job, content_hash, model);
alter table customer_insights.embedded_items add primary key (content_hash, model, dimensions);
alter table customer_insights.feedback_tags add primary key (content_hash, model, category);
alter table customer_insights.job_runs add primary key (job_run_id);
alter table customer_insights.schema_versions add primary key (version);
alter table customer_insights.tagged_items add primary key (content_hash, model);
alter table raw.customer_feedback add primary key (feedback_id);
alter table raw.rejected_feedback add primary key (origin, line_number, reason);
create unique index cluster_runs_one_published on customer_insights.cluster_runs using btree (status) where (status = 'published'::text);
insert into customer_insights.schema_versions (version, applied_at) values (1, now());
