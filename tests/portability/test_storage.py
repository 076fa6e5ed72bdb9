"""What the jobs say to SQL Server: every statement of storage, held to the rules of T-SQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from tests.portability.project import follow, misunderstandings
from tests.portability.rules import Code, Finding, findings
from tests.portability.storage_calls import CALLS, functions, said, t_sql
from tests.portability.token_rules import TOKEN_RULES
from tests.portability.tree_rules import TREE_RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.portability.conftest import Offline
    from tests.portability.kinds import Tables

TREES = [rule for rule in TREE_RULES if not rule.models_only and rule.name != "order-by"]
"""A job may ask for an order, and does."""
OF_LOCKS = "applock_test"
"""The one function that models have no use for."""
_KEYS = re.compile(r"\(select cast\(\[value\] as [^?]*openjson\(\?\)\)")
"""How a list of keys travels; sqlglot does not know openjson."""


@pytest.fixture(scope="module")
def statements() -> dict[str, tuple[str, Any]]:
    """(function, statement) by T-SQL."""
    return {t_sql(statement): (name, statement) for name, statement, _ in said()}


@pytest.fixture(scope="module")
def known(offline: Offline) -> Tables:
    """The columns of every table that dbt makes on SQL Server."""
    columns: Tables = {}
    assert list(follow(offline, columns)) == []
    return columns


def test_every_function_that_speaks_to_the_warehouse_is_heard() -> None:
    assert functions() == set(CALLS)


def test_no_lock_and_no_clock_is_lost(statements: dict[str, tuple[str, Any]]) -> None:
    """`for update` means nothing to SQL Server, and its current_timestamp has no offset."""
    locking = [
        text
        for text, (_, statement) in statements.items()
        if getattr(statement, "_for_update_arg", None) is not None
    ]
    assert len(locking) == 3
    for text in locking:
        assert re.search(r"with \((xlock|repeatableread), rowlock\)", text)
    assert not [text for text in statements if re.search(r"(?i)current_timestamp|\bnow\(", text)]


def test_lists_of_keys_are_one_parameter(statements: dict[str, tuple[str, Any]]) -> None:
    assert max(text.count("?") for text in statements) < 40
    assert any("openjson" in text for text in statements)


@pytest.mark.slow
def test_statements_are_t_sql(statements: dict[str, tuple[str, Any]]) -> None:
    found: list[Finding] = []
    for text, (name, statement) in statements.items():
        if isinstance(statement, sa.TextClause):
            continue
        assert Code(text).tree
        found += findings(name, text, TOKEN_RULES)
        for query in queries_of(statement):
            found += findings(name, t_sql(query), TREES)
    wrong = [each for each in found if each.what != OF_LOCKS]
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.slow
def test_tables_and_columns_are_those_that_dbt_makes(
    statements: dict[str, tuple[str, Any]], known: Tables
) -> None:
    missing = set()
    for _, statement in statements.values():
        for element in sa.sql.visitors.iterate(statement):
            if isinstance(element, sa.Column) and isinstance(element.table, sa.Table):
                place = (str(element.table.schema), element.table.name)
                if element.name not in known.get(place, {}):
                    missing.add((*place, element.name))
    assert missing == set()


@pytest.mark.slow
def test_types_and_collations_agree(statements: dict[str, tuple[str, Any]], known: Tables) -> None:
    queries = {
        _KEYS.sub("(?)", t_sql(query)): name
        for name, statement in statements.values()
        for query in queries_of(statement)
    }
    found: list[Finding] = []
    for text, name in queries.items():
        found += misunderstandings(name, Code(text), known)
    assert not found, "\n".join(map(str, found))


def queries_of(statement: Any) -> Iterator[sa.Select[Any]]:
    """What a statement asks: itself, its condition, or what it inserts."""
    if isinstance(statement, sa.Select):
        yield statement
    elif isinstance(statement, (sa.Update, sa.Delete)):
        yield (
            sa.select(sa.literal(1).label("one"))
            .select_from(statement.table)
            .where(*statement._where_criteria)
        )
    elif isinstance(statement, sa.Insert) and statement.select is not None:
        yield statement.select  # type: ignore[misc]
