"""Types of T-SQL as far as they decide what a query means: numbers, time, text and collation."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

from tests.portability.parentheses import inside, split

if TYPE_CHECKING:
    from collections.abc import Iterable

NUMBERS = ("bit", "int", "bigint", "decimal", "float")
"""From the weakest: an operation has the type of its strongest operand."""

TIMES = ("date", "datetime", "offset")
LABELS = ("coercible", "implicit", "explicit", "conflict")
"""From the weakest; see "Collation precedence" in the T-SQL reference."""

_BASES = {
    "bit": "bit", "tinyint": "int", "smallint": "int", "int": "int", "integer": "int",
    "bigint": "bigint", "decimal": "decimal", "numeric": "decimal", "float": "float",
    "real": "float", "double": "float", "date": "date", "datetime2": "datetime",
    "datetimeoffset": "offset", "char": "text", "nchar": "text", "varchar": "text",
    "nvarchar": "text", "varbinary": "binary", "binary": "binary",
}  # fmt: skip
MAX = 2**31


@dataclass(frozen=True)
class Kind:
    """What an expression is.

    Attributes:
        base: text, one of NUMBERS or TIMES, binary, null, or unknown.
        wide: text of any script (nvarchar).
        size: characters at most; MAX for nvarchar(max).
        collation: of text; empty is the database's default.
        label: how firmly the text has that collation.
        constant: one of our own literals, which differ in more than case.
    """

    base: str
    wide: bool = False
    size: int = 0
    collation: str = ""
    label: str = "coercible"
    constant: bool = False

    @property
    def is_loose(self) -> bool:
        """Text that is compared by the default collation, which may ignore case."""
        return self.base == "text" and not self.collation and not self.constant

    def as_column(self) -> Kind:
        """The same, read from a column of that name."""
        if self.base != "text" or self.label == "conflict":
            return self
        return replace(self, label="implicit")


UNKNOWN, NULL = Kind("unknown"), Kind("null")


def combine(*kinds: Kind) -> Kind:
    """The type of an operation on these: a comparison, a union, coalesce, a sum."""
    return reduce(_pair, kinds, NULL)


def _pair(left: Kind, right: Kind) -> Kind:
    if left.base == "null":
        return right
    if right.base == "null":
        return left
    if left.base == right.base == "text":
        return _text(left, right)
    for order in (NUMBERS, TIMES):
        if left.base in order and right.base in order:
            return max(left, right, key=lambda kind: order.index(kind.base))
    if "text" in (left.base, right.base):  # a literal where a time or a number is meant
        return right if left.base == "text" else left
    return UNKNOWN


def _text(left: Kind, right: Kind) -> Kind:
    weak, strong = sorted((left, right), key=lambda kind: LABELS.index(kind.label))
    result = replace(
        strong,
        wide=left.wide or right.wide,
        size=max(left.size, right.size),
        constant=left.constant and right.constant,
    )
    same_strength = weak.label == strong.label != "coercible"
    if same_strength and weak.collation != strong.collation:
        return replace(result, label="conflict")
    return result


def of_type(text: str) -> Kind:
    """The kind of a column or cast from its T-SQL, as in `nvarchar(200) collate x not null`."""
    match = re.match(r"\s*(\w+)(?:\s+precision)?\s*(?:\(\s*(\w+)[^)]*\))?", text.lower())
    if not match or match[1] not in _BASES:
        return UNKNOWN
    base = _BASES[match[1]]
    if base != "text":
        return Kind(base)
    collation = re.search(r"\bcollate\s+(\w+)", text, re.IGNORECASE)
    size = MAX if match[2] == "max" else int(match[2] or 1)
    return Kind(base, match[1].startswith("n"), size, collation[1] if collation else "")


Columns = dict[str, Kind]
Tables = dict[tuple[str, str], Columns]
"""Columns of each table by schema and name."""


def tables_of(statements: Iterable[str]) -> Tables:
    """The tables that statements of DDL make, with the columns that are added later."""
    tables: Tables = {}
    for statement in statements:
        # the adapter puts a contract's table into exec('...')
        plain = statement.replace("''", "'") if "EXEC('" in statement else statement
        if match := re.search(r"(?i)\bcreate\s+table\s+([^\s(]+)\s*\(", plain):
            columns = split(inside(plain, match.end()))
            tables[_key(match[1])] = dict(_column(each) for each in columns if _is_column(each))
        elif match := re.search(r"(?i)\balter\s+table\s+(\S+)\s+add\s+(.+)", plain, re.DOTALL):
            name, kind = _column(match[2])
            tables.setdefault(_key(match[1]), {})[name] = kind
    return tables


def _key(relation: str) -> tuple[str, str]:
    schema, name = relation.lower().replace('"', "").replace("__dbt_tmp", "").split(".")[-2:]
    return schema, name


def _is_column(text: str) -> bool:
    return not re.match(r"(?i)(primary\s+key|unique|check|foreign\s+key|constraint)\b", text)


def _column(text: str) -> tuple[str, Kind]:
    name, kind = text.split(None, 1) if text[0] != '"' else text[1:].split('"', 1)
    return name.lower(), of_type(kind).as_column()
