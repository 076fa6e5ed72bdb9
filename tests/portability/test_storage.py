"""What the jobs say to SQL Server: every statement of storage, held to the rules of T-SQL.

Its tables, columns, types and rows: `test_compiled.py`, which has dbt at hand.
"""

from __future__ import annotations

import re

import sqlalchemy as sa

from tests.portability.rules import Code, Finding, findings
from tests.portability.storage_calls import CALLS, functions
from tests.portability.storage_statements import queries_of, statements
from tests.portability.token_rules import TOKEN_RULES
from tests.portability.tree_rules import TREE_RULES

TREES = [rule for rule in TREE_RULES if not rule.models_only and rule.name != "order-by"]
"""A job may ask for an order, and does."""
OF_JOBS = {"applock_test", "has_perms_by_name"}
"""Functions that models have no use for."""


def test_every_function_that_speaks_to_the_warehouse_is_heard() -> None:
    assert functions() == set(CALLS)


def test_no_lock_and_no_clock_is_lost() -> None:
    """`for update` means nothing to SQL Server, and its current_timestamp has no offset."""
    locking = [
        text
        for text, (_, statement) in statements().items()
        if getattr(statement, "_for_update_arg", None) is not None
    ]
    assert len(locking) == 4
    for text in locking:
        assert re.search(r"with \((xlock|repeatableread), rowlock\)", text)
    assert not [text for text in statements() if re.search(r"(?i)current_timestamp|\bnow\(", text)]


def test_lists_of_keys_are_one_parameter() -> None:
    assert max(text.count("?") for text in statements()) < 40
    assert any("openjson" in text for text in statements())


def test_statements_are_t_sql() -> None:
    found: list[Finding] = []
    for text, (name, statement) in statements().items():
        if isinstance(statement, sa.TextClause):
            continue
        assert Code(text).tree
        found += findings(name, text, TOKEN_RULES)
        for query in queries_of(statement):
            found += findings(name, query, TREES)
    wrong = [each for each in found if each.what not in OF_JOBS]
    assert not wrong, "\n".join(map(str, wrong))
