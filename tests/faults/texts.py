"""Feedback by the thousand, without a load and a dbt run for each test."""

from __future__ import annotations

import psycopg

BUILD = ["build", "--resource-type", "seed", "--resource-type", "model", "--select"]
BUILD += ["+tag:job_inputs"]
"""What dbt is told so that jobs find what they read, and nothing else."""

# As `int_feedback__deduplicated` computes it where every text is there once.
_STAGE = """
insert into intermediate.int_feedback__deduplicated (
    feedback_id, canonical_feedback_id, content_hash, feedback_text, canonical_text, source,
    product, attributes, rating, occurrence, count_occurrences, is_canonical, created_at,
    loaded_at, updated_at
)
select
    feedback_id, feedback_id, content_hash, feedback_text, feedback_text, source, product,
    attributes, rating, 1, 1, true, created_at, loaded_at, updated_at
from staging.stg_raw__customer_feedback
"""


def fill(url: str, count: int) -> None:
    """Put `count` feedback with distinct texts in place of what there is, `f00001` on."""
    with psycopg.connect(url) as connection:
        connection.execute("delete from raw.customer_feedback")
        connection.execute(
            """
            insert into raw.customer_feedback (
                feedback_id, created_at, feedback_text, row_hash, origin, loaded_at, updated_at
            )
            select
                'f' || lpad(n::text, 5, '0'),
                timestamptz '2026-01-01 00:00:00+00' + n * interval '1 minute',
                'parcel number w' || n || ' came late, the box was wet and soft',
                'r' || n, 'generated', now(), now()
            from generate_series(1, %s) as n
            """,
            (count,),
        )
        restage(connection)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze intermediate.int_feedback__deduplicated")


def restage(connection: psycopg.Connection) -> None:
    """Let the deduplicated feedback follow the raw table, as a dbt run would."""
    connection.execute("delete from intermediate.int_feedback__deduplicated")
    connection.execute(_STAGE.encode())
