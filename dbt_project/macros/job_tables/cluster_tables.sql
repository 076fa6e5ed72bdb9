{# Written by `insights cluster`, `insights name` and `insights runs`. #}
{% macro cluster_tables() %}
    {% set key, text, instant, double = type_key(), type_text(), type_instant(), type_double() %}

    {% do create_table_if_absent('customer_insights', 'cluster_runs',
        'run_id ' ~ key ~ ' not null primary key,
        status ' ~ key ~ " not null check (status in ('candidate', 'published', 'superseded', 'rejected')),
        status_reason " ~ text ~ ',
        method ' ~ key ~ ' not null,
        parameters ' ~ type_json() ~ ' not null,
        library_versions ' ~ type_json() ~ ' not null,
        embedding_model ' ~ key ~ ' not null,
        embedding_dimensions integer not null,
        input_hash ' ~ key ~ ' not null,
        count_feedback integer not null,
        count_texts integer not null,
        noise_share ' ~ double ~ ' not null,
        start_date date,
        end_date date,
        created_at ' ~ instant ~ ' not null,
        published_at ' ~ instant ~ ',
        job_run_id ' ~ key ~ ' not null,
        previous_run_id ' ~ key ~ ',
        continuity ' ~ double) %}
    {% do create_index_if_absent('customer_insights', 'cluster_runs', 'cluster_runs_one_published',
        "(status) where status = 'published'", unique=true) %}

    {% do create_table_if_absent('customer_insights', 'clusters',
        'run_id ' ~ key ~ ' not null,
        cluster_path ' ~ key ~ ' not null,
        parent_path ' ~ key ~ ',
        depth integer not null,
        is_noise ' ~ type_flag() ~ ' not null,
        is_leaf ' ~ type_flag() ~ ' not null,
        count_texts integer not null,
        count_feedback integer not null,
        persistence ' ~ double ~ ',
        cluster_name ' ~ text ~ ',
        summary ' ~ text ~ ',
        named_by_provider ' ~ key ~ ',
        named_by_model ' ~ key ~ ',
        prompt_hash ' ~ key ~ ',
        named_at ' ~ instant ~ ',
        cluster_key ' ~ key ~ ',
        stability ' ~ double ~ ',
        primary key (run_id, cluster_path)') %}

    {# What became of clusters since the run that was published when this one was made. #}
    {% do create_table_if_absent('customer_insights', 'cluster_events',
        'run_id ' ~ key ~ ' not null,
        event_number integer not null,
        previous_run_id ' ~ key ~ ' not null,
        event ' ~ key ~ " not null check (event in ('continued', 'split', 'merged', 'born', 'died')),
        cluster_key " ~ key ~ ',
        cluster_path ' ~ key ~ ',
        previous_cluster_key ' ~ key ~ ',
        previous_cluster_path ' ~ key ~ ',
        count_feedback integer not null,
        share_of_previous ' ~ double ~ ',
        share_of_cluster ' ~ double ~ ',
        share_unseen ' ~ double ~ ',
        jaccard ' ~ double ~ ',
        primary key (run_id, event_number)') %}

    {% do create_table_if_absent('customer_insights', 'cluster_keywords',
        'run_id ' ~ key ~ ' not null,
        cluster_path ' ~ key ~ ' not null,
        keyword_rank integer not null,
        keyword ' ~ text ~ ' not null,
        score ' ~ double ~ ' not null,
        primary key (run_id, cluster_path, keyword_rank)') %}

    {% do create_table_if_absent('customer_insights', 'cluster_exemplars',
        'run_id ' ~ key ~ ' not null,
        cluster_path ' ~ key ~ ' not null,
        exemplar_rank integer not null,
        content_hash ' ~ key ~ ' not null,
        primary key (run_id, cluster_path, exemplar_rank)') %}

    {% do create_table_if_absent('customer_insights', 'cluster_assignments',
        'run_id ' ~ key ~ ' not null,
        content_hash ' ~ key ~ ' not null,
        cluster_path ' ~ key ~ ' not null,
        membership_probability ' ~ double ~ ' not null,
        noise_score ' ~ double ~ ' not null,
        x ' ~ double ~ ' not null,
        y ' ~ double ~ ' not null,
        assigned_at ' ~ instant ~ ',
        primary key (run_id, content_hash)') %}

    {# One row a call of `insights cluster --mode assign` that found feedback the run had not placed. #}
    {% do create_table_if_absent('customer_insights', 'cluster_assign_runs',
        'job_run_id ' ~ key ~ ' not null primary key,
        run_id ' ~ key ~ ' not null,
        assigned_at ' ~ instant ~ ' not null,
        count_texts integer not null,
        count_feedback integer not null,
        count_noise_texts integer not null,
        count_noise_feedback integer not null,
        distance_bound ' ~ double ~ ' not null,
        noise_share ' ~ double ~ ' not null,
        expected_noise_share ' ~ double ~ ' not null,
        far_share ' ~ double ~ ' not null,
        expected_far_share ' ~ double ~ ' not null,
        added_share ' ~ double ~ ' not null,
        reason ' ~ text) %}
{% endmacro %}
