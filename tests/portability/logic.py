"""Which models do more than pass rows on: what a unit test is for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.portability.rules import Code

LOGIC = (exp.Case, exp.Window, exp.AggFunc, exp.Group, exp.Join, exp.SetOperation)


def logic(code: Code) -> set[str]:
    """What a model decides, by the name of the construct; empty where it only passes rows on.

    A condition that is made a flag (`cast(case … as bit)`) is how T-SQL says a boolean.
    """
    return {type(node).__name__ for node in code.tree.find_all(*LOGIC) if not _is_flag(node)}


def _is_flag(node: exp.Expr) -> bool:
    cast = node.parent
    return (
        isinstance(node, exp.Case)
        and isinstance(cast, exp.Cast)
        and cast.to.is_type(exp.DataType.Type.BIT, exp.DataType.Type.BOOLEAN)
    )


def untested(models: dict[str, Code], manifest: dict[str, Any]) -> Iterator[str]:
    """Models with logic that no unit test of the manifest is about."""
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    for name, code in models.items():
        if name not in tested and (found := logic(code)):
            yield f"{name} has {', '.join(sorted(found))} and no unit test"
