"""The project as SQL Server gets it: rules over every statement, types through the whole graph."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from tests.portability import own_table
from tests.portability.flow_rules import CHECKS, losses
from tests.portability.kinds import Columns, Kind, Tables, tables_of
from tests.portability.parentheses import inside, split
from tests.portability.rules import Code, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.portability.conftest import Offline

OF_SNAPSHOTS: Columns = {
    "dbt_scd_id": Kind("text", wide=True, size=200, collation="Latin1_General_100_BIN2"),
    **{f"dbt_{name}": Kind("datetime") for name in ("updated_at", "valid_from", "valid_to")},
}
"""What dbt adds to the columns of a snapshot's query."""

_OURS = re.compile(
    r"(?i)\s*(if\s+(object_id|col_length)\s*\(|if\s+not\s+exists\s*\(select 1 from sys\.indexes"
    r"|create\s+table|update\s|insert\s+into\s+\S*schema_versions)"
)


def definitions(statements: list[str]) -> Iterator[str]:
    """The DDL that the project decides: job tables, seeds, and the tables of contracts."""
    for statement in statements:
        text = re.sub(r"\A\s*/\*.*?\*/", "", statement, flags=re.DOTALL)
        if _OURS.match(text):
            yield text.strip()
        elif contract := re.search(r"EXEC\('\s*(CREATE TABLE [^(]+\()", text):
            table = text.replace("''", "'")
            start = table.index(contract[1])
            body = inside(table, start + len(contract[1]))
            yield f"{contract[1]}{body})"


def key_bytes(definition: str) -> tuple[str, int, int]:
    """Table, bytes of its primary key, and how many SQL Server allows it."""
    ((table, columns),) = tables_of([definition]).items()
    plain = re.sub(r'["\[\]]', "", definition)
    parts = split(inside(plain, re.search(r"(?i)create table [^(]+\(", plain).end()))  # type: ignore[union-attr]
    names: list[str] = []
    for part in parts:
        if listed := re.match(r"(?i)primary key[^(]*\(([^)]+)\)", part):
            names = split(listed[1])
        elif re.search(r"(?i)\bprimary key\b", part):
            names = [part.split()[0]]
    width = sum(2 * columns[name].size or 8 for name in names)
    return ".".join(table), width, 1700 if "nonclustered" in plain else 900


def sources(tables: Tables, offline: Offline) -> Tables:
    """What models start from: the tables of the jobs and the seeds."""
    seeds = {
        (node["schema"], node["alias"])
        for node in offline.manifest["nodes"].values()
        if node["resource_type"] == "seed"
    }
    return {
        key: columns
        for key, columns in tables.items()
        if key in seeds or key[0] in ("raw", "customer_insights")
    }


def follow(offline: Offline, known: Tables | None = None) -> Iterator[Finding]:
    """Types and collations from the tables of the jobs through every model and test.

    `known` gets the columns of all of them.
    """
    made = tables_of(offline.statements)
    known = {} if known is None else known
    known |= sources(made, offline)
    nodes = offline.manifest["nodes"]
    parents = {
        name: [each for each in node["depends_on"].get("nodes", ()) if each in nodes]
        for name, node in nodes.items()
    }
    for unique_id in TopologicalSorter(parents).static_order():
        node = nodes[unique_id]
        name, key = unique_id.split(".")[2], (node["schema"], node["alias"])
        for text in filter(None, (offline.incremental.get(name), offline.tests.get(name))):
            yield from misunderstandings(name, Code(text), known)
        if node["resource_type"] not in ("model", "snapshot"):
            continue
        code = Code((offline.models | offline.snapshots)[name])
        yield from misunderstandings(name, code, known)
        columns = code.flow(known).columns
        if node["resource_type"] == "snapshot":
            columns = columns | OF_SNAPSHOTS
        for column, kind in columns.items():
            if kind.base == "unknown":
                yield Finding(
                    name, "unknown-type", column, "Teach it to tests/portability/flow.py."
                )
        if list(columns) != list(node["columns"]):
            wrong = set(columns) ^ set(node["columns"]) or "another order"
            yield Finding(name, "columns", str(wrong), "Its yml describes every column, in order.")
        for loss in losses(columns, made.get(key, columns)):
            yield Finding(
                name, "contract", loss, "`string` is for identifiers, `text` for the rest."
            )
        known[key] = made.get(key, columns)
    yield from _of_the_past(offline, known)
    own = {**known, own_table.PLACE: own_table.COLUMNS}
    yield from _like_now(own_table.MODEL, offline.own, offline, own)


def _of_the_past(offline: Offline, known: Tables) -> Iterator[Finding]:
    """Models that tell of a past day read snapshots, and return what they return today."""
    for name, text in offline.past.items():
        yield from _like_now(name, text, offline, known)


def _like_now(name: str, text: str, offline: Offline, known: Tables) -> Iterator[Finding]:
    """A model in another form returns the columns of the usual one, with their types."""
    yield from misunderstandings(name, Code(text), known)
    usual, other = (Code(each).flow(known).columns for each in (offline.models[name], text))
    if list(other) != list(usual):
        yield Finding(name, "columns", str(set(other) ^ set(usual)), "The same in every form.")
    for column in set(other) & set(usual):
        if (other[column].base, other[column].collation) != (
            usual[column].base,
            usual[column].collation,
        ):
            yield Finding(name, "form", column, "Types and collations are those of the usual form.")


def misunderstandings(name: str, code: Code, tables: Tables) -> Iterator[Finding]:
    """What the rules over types find in a query."""
    for rule, (why, find) in CHECKS.items():
        for what in find(code, tables):
            yield Finding(name, rule, " ".join(what.split())[:160], why)
