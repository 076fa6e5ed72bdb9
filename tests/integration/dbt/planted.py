"""What breaks each singular test: by test, what is wrong and the statement that makes it so.

The statements meet bare tables (`planting.py`), so that anything can be written into them.
"""

from __future__ import annotations

PLANTED: dict[str, dict[str, str]] = {
    "assert_intervals_hold_their_estimate": {
        "an impact below its interval": (
            "update marts.rating_impact set impact = 0, impact_low = 1, impact_high = 2"
        ),
        "a ratio above its interval": (
            "update marts.emerging_clusters "
            "set rate_ratio = 3, rate_ratio_low = 1, rate_ratio_high = 2"
        ),
        "a mean above its interval": (
            "update marts.cluster_summary "
            "set mean_rating = 5, mean_rating_low = 1, mean_rating_high = 2"
        ),
    },
    "assert_given_names_have_clusters": {
        "a name for a key that no run has": (
            "insert into staging.stg_names__clusters (cluster_key) values ('mistyped')"
        ),
    },
    "assert_model_costs_add_up": {
        "a request counted twice": "update marts.model_costs set count_requests = 99",
        "a cost lost": "update marts.model_costs set known_cost_usd = 0",
    },
    "assert_children_add_up_to_their_parent": {
        "a parent with one more than its children": (
            "update marts.cluster_summary set count_feedback = count_feedback + 1 "
            "where cluster_path = 'root'"
        ),
    },
    "assert_candidate_clusters_named": {
        "a candidate's cluster without a name": (
            "update staging.stg_jobs__clusters set cluster_name = null "
            "where run_id = 'run-2' and cluster_path = 'root'"
        ),
        "an empty name": (
            "update staging.stg_jobs__clusters set cluster_name = '' "
            "where run_id = 'run-2' and cluster_path = 'root'"
        ),
    },
    "assert_candidate_continuity_bounded": {
        "a candidate that keeps next to nothing": (
            "update staging.stg_jobs__cluster_runs set continuity = 0.1 where run_id = 'run-2'"
        ),
    },
    "assert_candidate_noise_share_bounded": {
        "a candidate that is mostly noise": (
            "update staging.stg_jobs__cluster_runs set noise_share = 0.99 where run_id = 'run-2'"
        ),
    },
    "assert_candidate_sibling_names_distinct": {
        "two siblings whose names differ in case only": (
            "insert into staging.stg_jobs__clusters (run_id, cluster_path, parent_path, "
            "cluster_name) values ('run-2', 'root.1', 'root', 'nAMED')"
        ),
    },
    "assert_candidate_assignments_have_clusters": {
        "a text in a cluster that the run does not have": (
            "insert into staging.stg_jobs__cluster_assignments (run_id, content_hash, cluster_path)"
            " values ('run-2', 'h', 'root.7')"
        ),
        "a text in a cluster that has children": (
            "insert into staging.stg_jobs__cluster_assignments (run_id, content_hash, cluster_path)"
            " values ('run-2', 'h', 'root')"
        ),
    },
    "assert_candidate_parents_present": {
        "a cluster below none": (
            "insert into staging.stg_jobs__clusters (run_id, cluster_path, parent_path) "
            "values ('run-2', 'root.7.0', 'root.7')"
        ),
    },
    "assert_candidate_keys_unique": {
        "two clusters of one key": (
            "update staging.stg_jobs__clusters set cluster_key = 'k' where run_id = 'run-2'"
        ),
        "a cluster without a key": (
            "update staging.stg_jobs__clusters set cluster_key = null "
            "where run_id = 'run-2' and cluster_path = 'root'"
        ),
    },
    "assert_erased_feedback_left_no_trace": {
        f"an erased id in {table}": (
            f"with trace as (insert into {table} ({column}) values ('gone') returning 1), "
            "salts as (insert into customer_insights.erasure_salt (salt) values ('s') returning 1) "
            "insert into staging.stg_jobs__erased_feedback (feedback_hash) "
            "values (encode(sha256(convert_to('sgone', 'UTF8')), 'hex'))"
        )
        for table, column in (
            ("staging.stg_raw__customer_feedback", "feedback_id"),
            ("staging.stg_raw__rejected_feedback", "feedback_id"),
            ("staging.stg_jobs__embedded_items", "feedback_id"),
            ("staging.stg_jobs__tagged_items", "feedback_id"),
            ("marts.feedback", "feedback_id"),
            ("marts.feedback", "canonical_feedback_id"),
            ("marts.cluster_exemplars", "feedback_id"),
            ("marts.near_duplicates", "feedback_id"),
            ("marts.near_duplicates", "first_feedback_id"),
        )
    },
    "assert_one_published_run_at_most": {
        "two published runs": "update staging.stg_jobs__cluster_runs set status = 'published'",
    },
    "assert_trends_add_up_to_summary": {
        "a day with one more": (
            "update marts.cluster_trends set count_feedback = count_feedback + 1 "
            "where period = 'day' and cluster_path = 'root'"
        ),
        "a cluster without weeks": (
            "delete from marts.cluster_trends where period = 'week' and cluster_path = 'root'"
        ),
    },
    "assert_verdicts_rest_on_evidence": {
        "a verdict with nothing to read": (
            "update marts.rating_impact set verdict = 'costs stars', impact_high = -1, "
            "exemplar_feedback_ids = null"
        ),
        "stars cost by an impact that may be none": (
            "update marts.rating_impact set verdict = 'costs stars', impact_high = 0.1, "
            "model = 'm', exemplar_feedback_ids = 'f'"
        ),
        "stars added by an impact that may be none": (
            "update marts.rating_impact set verdict = 'adds stars', impact_low = -0.1, "
            "model = 'm', exemplar_feedback_ids = 'f'"
        ),
        "a verdict of no model": (
            "update marts.rating_impact set verdict = 'adds stars', impact_low = 1, "
            "model = null, exemplar_feedback_ids = 'f'"
        ),
        "rising below what was expected": (
            "update marts.emerging_clusters set movement = 'rising', count_recent = 1, "
            "expected_recent = 2, exemplar_feedback_ids = 'f'"
        ),
        "fading above what was expected": (
            "update marts.emerging_clusters set movement = 'fading', count_recent = 2, "
            "expected_recent = 1, exemplar_feedback_ids = 'f'"
        ),
        "a movement with nothing to read": (
            "update marts.emerging_clusters set movement = 'new', count_recent = 2, "
            "expected_recent = 1, exemplar_feedback_ids = null"
        ),
    },
    "assert_impact_counts_the_summary_s_ratings": {
        "a cluster with other ratings": (
            "update marts.rating_impact set count_rated = count_rated + 1 "
            "where theme_kind = 'cluster'"
        ),
        "a category with other ratings": (
            "update marts.rating_impact set count_rated = count_rated + 1 "
            "where theme_kind = 'category'"
        ),
        "more compared than rated": (
            "update marts.rating_impact set count_compared = count_rated + 1"
        ),
    },
    "assert_windows_split_a_cluster_in_two": {
        "one feedback in both parts": (
            "update marts.emerging_clusters set count_recent = count_recent + 1"
        ),
    },
    "assert_tag_trends_add_up_to_summary": {
        "a week with one more": (
            "update marts.tag_trends set count_feedback = count_feedback + 1 where period = 'week'"
        ),
        "a category without months": "delete from marts.tag_trends where period = 'month'"
        " and category = 'delivery'",
    },
    "assert_duplicates_point_at_a_first_occurrence": {
        "a link to a duplicate": (
            "update intermediate.int_feedback__deduplicated set is_canonical = false"
        ),
        "a link between different texts": (
            "update intermediate.int_feedback__deduplicated set content_hash = feedback_id"
        ),
        "a link to a later one": (
            "update intermediate.int_feedback__deduplicated "
            "set created_at = created_at + interval '9 years' where is_canonical"
        ),
    },
    "assert_every_feedback_is_in_the_mart": {
        "a feedback lost": (
            "delete from marts.feedback "
            "where feedback_id = (select min(feedback_id) from marts.feedback)"
        ),
        "a feedback that nobody gave": (
            "insert into marts.feedback (feedback_id) values ('nobody gave it')"
        ),
    },
    "assert_near_duplicates_are_pairs_of_different_texts": {
        "a pair of one text": "update marts.near_duplicates set first_feedback_id = feedback_id",
        "the later one first": (
            "update marts.near_duplicates "
            "set feedback_id = first_feedback_id, first_feedback_id = feedback_id"
        ),
        "a pair both ways": (
            "insert into marts.near_duplicates (feedback_id, first_feedback_id) "
            "select first_feedback_id, feedback_id from marts.near_duplicates"
        ),
    },
    "assert_trends_have_no_gaps": {
        f"a week left out of {mart}": (
            f"delete from marts.{mart} where period = 'week' and period_start = "
            f"(select min(period_start) + 7 from marts.{mart} where period = 'week')"
        )
        for mart in ("cluster_trends", "tag_trends")
    },
    "assert_marts_show_one_published_run": {
        "a mart of another run": (
            "update marts.cluster_summary set run_id = 'run-0' where cluster_path = 'root'"
        ),
        "a candidate that is shown": (
            "update staging.stg_jobs__cluster_runs set status = 'candidate' where run_id = 'run-1'"
        ),
        "a run that is gone": ("delete from staging.stg_jobs__cluster_runs where run_id = 'run-1'"),
    },
    "assert_hierarchy_holds_every_ancestor": {
        "a cluster not below the root": (
            "delete from marts.cluster_hierarchy "
            "where ancestor_path = 'root' and descendant_path = 'root.0.0.1'"
        ),
        "a pair twice": (
            "insert into marts.cluster_hierarchy select * from marts.cluster_hierarchy "
            "where ancestor_path = 'root.0'"
        ),
    },
    "assert_summary_counts_the_placed_feedback": {
        "a feedback taken out of its cluster": (
            "update marts.feedback set cluster_path = null where feedback_id = "
            "(select min(feedback_id) from marts.feedback where cluster_path is not null)"
        ),
        "a summary with one more": (
            "update marts.cluster_summary set count_feedback = count_feedback + 1 "
            "where cluster_path = 'root.1'"
        ),
    },
    "assert_every_text_is_done_pending_or_given_up": {
        "a text without a vector that is not pending": (
            "delete from marts.pending_embeddings where content_hash = "
            "(select min(content_hash) from marts.pending_embeddings)"
        ),
        "a text without tags that is not pending": (
            "with one as (select min(content_hash) as content_hash from marts.pending_tags), "
            "untagged as (delete from staging.stg_jobs__tagged_items using one "
            "where stg_jobs__tagged_items.content_hash = one.content_hash) "
            "delete from marts.pending_tags using one "
            "where pending_tags.content_hash = one.content_hash"
        ),
    },
    "assert_occurrences_are_counted": {
        "a text that says it was sent more often": (
            "update marts.feedback set count_occurrences = count_occurrences + 1"
        ),
        "a text without a first": "update marts.feedback set is_canonical = false",
    },
}
