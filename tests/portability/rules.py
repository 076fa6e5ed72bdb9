"""What a rule is: a name, a reason, what it finds, and examples that prove it can."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import sqlglot
from sqlglot.dialects import TSQL

from tests.portability.flow import Flow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlglot import exp
    from sqlglot.tokenizer_core import Token

    from tests.portability.kinds import Tables


class Code:
    """One T-SQL statement, read once for all rules.

    sqlglot takes much that SQL Server rejects: its tree and its tokens are material for the rules,
    never a verdict.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._flow: Flow | None = None

    def flow(self, tables: Tables) -> Flow:
        """Its types; always of the same tables."""
        self._flow = self._flow or Flow.of(self.tree, tables)
        return self._flow

    @cached_property
    def tokens(self) -> list[Token]:
        """Without comments."""
        return list(TSQL().tokenize(self.text))

    @cached_property
    def tree(self) -> exp.Expr:
        """The one statement."""
        return sqlglot.parse_one(self.text, dialect="tsql")


@dataclass(frozen=True)
class Rule:
    """A trap between Postgres and SQL Server 2019.

    Attributes:
        name: as findings name it.
        why: what SQL Server does, and what to write instead.
        find: yields the places of a statement that fall into the trap.
        bad: statements that the rule has to find.
        good: statements that it must leave alone.
        models_only: what a test or a statement of DDL may do.
    """

    name: str
    why: str
    find: Callable[[Code], Iterable[str]]
    bad: tuple[str, ...]
    good: tuple[str, ...]
    models_only: bool = False


@dataclass(frozen=True)
class Finding:
    """A place in the code of a node that SQL Server rejects or understands differently."""

    where: str
    rule: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.rule}: {self.what}\n    {self.why}"


def findings(where: str, text: str, rules: Iterable[Rule]) -> Iterator[Finding]:
    """All that the rules find in one statement."""
    code = Code(text)
    for rule in rules:
        for what in rule.find(code):
            yield Finding(where, rule.name, " ".join(what.split())[:160], rule.why)
