"""Parameters of a cluster run, as `cluster_runs.parameters` keeps them, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def as_used(parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and value of each, by name; with what was asked for where it became something else.

    What nobody asked for and was chosen for the set is said to be automatic.
    """
    asked, used = parameters.get("asked", {}), parameters.get("effective", {})
    found = []
    for name in sorted({*asked, *used}):
        given, became = asked.get(name), used.get(name, asked.get(name))
        shown = ", ".join(map(str, became)) if isinstance(became, list) else str(became)
        if name in asked and given != became:
            shown += "  (automatic)" if given is None else f"  (asked for: {given})"
        found.append((name, shown))
    return found
