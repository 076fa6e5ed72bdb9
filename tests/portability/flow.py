"""Which type and collation every column has, from the tables of the jobs to the marts.

SQL Server decides by these what a query means, and whether it runs at all. sqlglot qualifies the
names; the rules of T-SQL are ours, and an expression that they do not know is said to be unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope

from tests.portability.kinds import NULL, UNKNOWN, Columns, Kind, Tables, combine, of_type

if TYPE_CHECKING:
    from collections.abc import Callable

SAME_AS_FIRST = (
    *(exp.Paren, exp.Alias, exp.Max, exp.Min, exp.Nullif, exp.Lag, exp.Lead, exp.FirstValue),
    *(exp.LastValue, exp.Window, exp.Lower, exp.Upper, exp.Trim, exp.Left, exp.Right, exp.Sum),
    *(exp.Substring, exp.Replace, exp.Neg, exp.Abs, exp.TimeStrToTime, exp.DateAdd, exp.Avg),
    *(exp.Order, exp.Ordered, exp.Distinct, exp.Round, exp.Floor, exp.Ceil, exp.GroupConcat),
    *(exp.WithinGroup, exp.Mod, exp.Translate),
)
COMBINING = (exp.Coalesce, exp.Concat, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Binary)
BASES: tuple[tuple[tuple[type[exp.Expr], ...], str], ...] = (
    ((exp.Count, exp.DateDiff, exp.Extract, exp.Year, exp.Month, exp.Day), "int"),
    ((exp.RowNumber, exp.Rank, exp.DenseRank, exp.Ntile), "bigint"),
    (
        (exp.Stddev, exp.StddevPop, exp.Variance, exp.VariancePop, exp.Sqrt, exp.Exp, exp.Ln),
        "float",
    ),
    ((exp.Pow, exp.Log, exp.PercentRank, exp.CumeDist), "float"),
    ((exp.SHA2,), "binary"),
    ((exp.CurrentTimestampLTZ,), "offset"),
    ((exp.LastDay, exp.DateFromParts), "date"),
)
FUNCTIONS = {
    "switchoffset": Kind("offset"),
    "hashbytes": Kind("binary"),
    "nchar": Kind("text", wide=True, size=1, constant=True),
    "sysutcdatetime": Kind("datetime"),
    "datalength": Kind("int"),
    "row_number": Kind("bigint"),
    "stdev": Kind("float"),
}

TABLE_FUNCTIONS: Tables = {("sys", "string_split"): {"value": UNKNOWN}}


@dataclass
class Flow:
    """A query with what is known of its parts.

    Attributes:
        tables: what the query may read.
        columns: what the query returns.
    """

    tables: Tables
    columns: Columns = field(default_factory=dict)
    scopes: list[Scope] = field(default_factory=list)
    _of_scope: dict[int, Columns] = field(default_factory=dict)

    @classmethod
    def of(cls, tree: exp.Expr, tables: Tables) -> Flow:
        """Follow the types through a query."""
        schema: dict[str, object] = {}
        for (database, table), columns in (tables | TABLE_FUNCTIONS).items():
            schema.setdefault(database, {})[table] = dict.fromkeys(columns, "int")  # type: ignore[index]
        plain = tree.copy()
        for each in plain.find_all(exp.Table):
            each.set("catalog", None)
            if isinstance(each.this, exp.Func):  # string_split and its like
                name = each.this.name.lower()
                each.replace(
                    exp.alias_(exp.to_table(f"sys.{name}"), each.alias or name, table=True)
                )
        qualified = qualify(
            plain, dialect="tsql", schema=schema, validate_qualify_columns=False,
            quote_identifiers=False, allow_partial_qualification=True,
        )  # fmt: skip
        flow = cls(tables)
        flow.scopes = traverse_scope(qualified)
        for scope in flow.scopes:
            flow._of_scope[id(scope)] = flow._columns(scope)
        last = flow._of_scope[id(flow.scopes[-1])]
        flow.columns = {name: kind.as_column() for name, kind in last.items()}
        return flow

    def _columns(self, scope: Scope) -> Columns:
        query = scope.expression
        if isinstance(query, exp.SetOperation):
            branches = [self._of_scope[id(each)] for each in scope.set_operation_scopes]
            rows = [list(branch.values()) for branch in branches]
            kinds = [combine(*kinds) for kinds in zip(*rows, strict=True)]
            return dict(zip(branches[0], kinds, strict=True))
        if isinstance(query, exp.Values):
            rows = [
                [self.kind(each, scope) for each in row.expressions] for row in query.expressions
            ]
            kinds = [combine(*kinds) for kinds in zip(*rows, strict=True)]
            names = [each.name.lower() for each in query.args["alias"].columns]
            return dict(zip(names, kinds, strict=True))
        if isinstance(query, exp.Lateral):  # `cross apply (select …) as name`
            return self._of_query(query.this.this)
        if isinstance(query, exp.Select):
            return {
                each.alias_or_name.lower(): self.kind(each, scope) for each in query.expressions
            }
        return {}

    def of_scope(self, scope: Scope) -> Columns:
        """What a part of the query returns."""
        return self._of_scope[id(scope)]

    def kind(self, node: exp.Expr, scope: Scope) -> Kind:
        """What an expression is, in its scope."""
        if isinstance(node, exp.Column):
            return self._column(node, scope)
        for wanted, find in _HANDLERS:
            if isinstance(node, wanted):
                return find(self, node, scope)
        if isinstance(node, exp.Anonymous):
            return FUNCTIONS.get(node.name.lower(), UNKNOWN)
        return next((Kind(base) for types, base in BASES if isinstance(node, types)), UNKNOWN)

    def _column(self, column: exp.Column, scope: Scope | None) -> Kind:
        name = column.name.lower()
        while scope:
            source = scope.sources.get(column.table)
            if isinstance(source, Scope):
                return self._of_scope[id(source)].get(name, UNKNOWN).as_column()
            if isinstance(source, exp.Table):
                table = self.tables.get((source.db.lower(), source.name.lower()), {})
                return table.get(name, UNKNOWN)
            scope = scope.parent
        return UNKNOWN

    def _literal(self, node: exp.Literal, scope: Scope) -> Kind:
        if node.is_string:
            return Kind("text", size=len(node.this), constant=True)
        return Kind("int" if node.is_int else "decimal")

    def _cast(self, node: exp.Cast, scope: Scope) -> Kind:
        """A cast keeps the collation of what was text already."""
        source, target = self.kind(node.this, scope), of_type(node.to.sql("tsql"))
        return self._recollated(source, target)

    def _convert(self, node: exp.Convert, scope: Scope) -> Kind:
        return self._recollated(self.kind(node.expression, scope), of_type(node.this.sql("tsql")))

    @staticmethod
    def _recollated(source: Kind, target: Kind) -> Kind:
        if target.base == source.base == "text":
            return replace(source, wide=target.wide, size=target.size)
        return target

    def _collate(self, node: exp.Collate, scope: Scope) -> Kind:
        kind = self.kind(node.this, scope)
        return replace(kind, collation=node.expression.name, label="explicit")

    def _case(self, node: exp.Case, scope: Scope) -> Kind:
        values = [each.args["true"] for each in node.args["ifs"]]
        return combine(
            *(self.kind(each, scope) for each in [*values, node.args.get("default")] if each)
        )

    def _all(self, node: exp.Expr, scope: Scope) -> Kind:
        if isinstance(node, exp.Binary):
            return combine(self.kind(node.left, scope), self.kind(node.right, scope))
        parts = [*([node.this] if isinstance(node.this, exp.Expr) else []), *node.expressions]
        return combine(*(self.kind(each, scope) for each in parts))

    def _subquery(self, node: exp.Subquery, scope: Scope) -> Kind:
        return next(iter(self._of_query(node.this).values()), UNKNOWN)

    def _of_query(self, query: exp.Expr) -> Columns:
        inner = next((each for each in self.scopes if each.expression is query), None)
        return self._of_scope.get(id(inner), {})

    def _first(self, node: exp.Expr, scope: Scope) -> Kind:
        return self.kind(node.this, scope)


_Handler = tuple["type[exp.Expr] | tuple[type[exp.Expr], ...]", "Callable[..., Kind]"]
_HANDLERS: tuple[_Handler, ...] = (
    (exp.Literal, Flow._literal),
    (
        exp.National,
        lambda flow, node, scope: Kind("text", wide=True, size=len(node.name), constant=True),
    ),
    (exp.JSONExtractScalar, lambda flow, node, scope: Kind("text", wide=True, size=4000)),
    (exp.Null, lambda flow, node, scope: NULL),
    (exp.Cast, Flow._cast),
    (exp.Convert, Flow._convert),
    (exp.Collate, Flow._collate),
    (exp.Case, Flow._case),
    (exp.Subquery, Flow._subquery),
    (SAME_AS_FIRST, Flow._first),
    (COMBINING, Flow._all),
)
