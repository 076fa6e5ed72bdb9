"""The columns that BI tools were promised: name, type and order, as somebody last agreed to them.

A dashboard finds a column by its name, a `union` or a paste by its position. A change of what is
recorded is thus made on purpose: `cd dbt_project && dbt parse`, then
`python -m tests.manifest.recorded`, and the difference is there for all to review.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tests.manifest.rules import layer, models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.manifest.rules import Manifest

RECORD = Path(__file__).with_name("columns_of_marts.txt")
AGAIN = "record it: python -m tests.manifest.recorded"

Columns = dict[str, list[str]]
"""By mart: its columns with their types, in order."""


def columns(manifest: Manifest) -> Columns:
    """What the contracts of `marts/insights` say."""
    return {
        node["name"]: [f"{name} {column['data_type']}" for name, column in node["columns"].items()]
        for node in sorted(models(manifest), key=lambda node: str(node["name"]))
        if layer(node) == "insights"
    }


def written(found: Columns) -> str:
    """One line a column."""
    return "".join(f"{mart} {column}\n" for mart, all_of in found.items() for column in all_of)


def read(text: str) -> Columns:
    """What `written` wrote."""
    found: Columns = {}
    for line in text.splitlines():
        mart, column = line.split(" ", 1)
        found.setdefault(mart, []).append(column)
    return found


def differences(recorded: Columns, found: Columns) -> Iterator[str]:
    """What a dashboard would notice, and what is new and not recorded."""
    for mart in recorded.keys() | found.keys():
        before, after = recorded.get(mart, []), found.get(mart, [])
        for column in before:
            if column not in after:
                yield f"{mart}.{column} is gone: dashboards that show it break"
        kept = [column for column in before if column in after]
        if kept != [column for column in after if column in kept]:
            yield f"{mart}: columns have moved"
        if after[: len(kept)] != kept and [each for each in after if each in kept] == kept:
            yield f"{mart}: new columns go to the end"
        for column in after:
            if column not in before:
                yield f"{mart}.{column} is new: {AGAIN}"


if __name__ == "__main__":
    parsed = Path(__file__).parents[2] / "dbt_project" / "target" / "manifest.json"
    manifest = json.loads(parsed.read_text(encoding="utf-8"))
    RECORD.write_text(written(columns(manifest)), encoding="utf-8")
