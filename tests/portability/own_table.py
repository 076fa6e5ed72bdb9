"""A table of reviews as somebody's shop may have it: other names and types than feedback here."""

from __future__ import annotations

from tests.portability.kinds import Kind

MODEL = "stg_raw__customer_feedback"
"""The one model that reads it."""
PLACE = ("shop", "reviews")
VARS = {
    "feedback_schema": PLACE[0],
    "feedback_table": PLACE[1],
    "feedback_columns": {
        "feedback_id": "ReviewNo",
        "created_at": "given on",
        "feedback_text": "body",
        "rating": "stars",
        "product": "article",
        "customer_id": "account",
        "updated_at": "changed",
    },
}
COLUMNS = {
    "reviewno": Kind("int"),
    "given on": Kind("date"),
    "body": Kind("text", size=8000),
    "stars": Kind("int"),
    "article": Kind("text", wide=True, size=50),
    "account": Kind("int"),
    "changed": Kind("datetime"),
}
"""On SQL Server; text has the database's collation."""

TABLE = """
create schema shop;
create table shop.reviews ("ReviewNo" integer, "given on" date, body varchar(8000), stars smallint,
    article varchar(50), account integer, changed timestamp, unread bytea);
insert into shop.reviews ("ReviewNo", "given on", body, stars, article, account, changed) values
    (1, '2026-01-31', 'Größe  日本 🥾', 5, 'Boot', 12, '2026-02-01 23:30:00.123456'),
    (2, '2026-02-01', 'GRÖSSE', null, null, null, '2026-02-02'),
    (3, '2026-02-01', null, 1, 'boot', 12, '2026-02-02'),
    (4, '2026-02-01', ' \t', 1, 'boot', 12, '2026-02-02');
"""
"""The last two say nothing."""
