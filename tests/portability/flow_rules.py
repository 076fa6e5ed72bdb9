"""Rules over types and collations: what runs on both databases and means something else on one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from tests.portability.kinds import MAX, TIMES, Kind, Tables, combine
from tests.portability.rules import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlglot.optimizer.scope import Scope

    from tests.portability.flow import Flow
    from tests.portability.rules import Code

KEY = 200
"""Characters of the longest identifier; longer text is for reading, and searched as BI tools do."""

COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like)
EXAMPLE = "collate Latin1_General_100_BIN2"
EXAMPLE_TABLES: Tables = {
    ("s", "t"): {
        "k": Kind(
            "text", wide=True, size=200, collation="Latin1_General_100_BIN2", label="implicit"
        ),
        "words": Kind("text", wide=True, size=MAX, label="implicit"),
        "n": Kind("int"),
        "big": Kind("bigint"),
        "share": Kind("float"),
        "is_a": Kind("bit"),
        "day": Kind("date"),
        "at": Kind("datetime"),
    },
    ("s", "u"): {
        "k": Kind("text", wide=True, size=200, label="implicit"),
        "other": Kind(
            "text", wide=True, size=200, collation="Latin1_General_100_BIN2", label="implicit"
        ),
        "n": Kind("int"),
    },
}
"""What the examples read. `u.k` is a key that forgot its collation."""


def over(
    *wanted: type[exp.Expr],
) -> Callable[[Callable[[Flow, Scope, exp.Expr], bool]], Callable[[Code, Tables], Iterator[str]]]:
    """Makes a rule of a question that is asked of each node of these types in each scope."""

    def decorate(
        asks: Callable[[Flow, Scope, exp.Expr], bool],
    ) -> Callable[[Code, Tables], Iterator[str]]:
        def find(code: Code, tables: Tables) -> Iterator[str]:
            flow = code.flow(tables)
            for scope in flow.scopes:
                for node in scope.walk():
                    if isinstance(node, wanted) and asks(flow, scope, node):
                        yield node.sql("tsql")

        return find

    return decorate


def operands(flow: Flow, scope: Scope, node: exp.Expr) -> list[Kind]:
    """The kinds of the parts of an operation."""
    if isinstance(node, exp.In):
        query = node.args.get("query")
        return [flow.kind(each, scope) for each in [node.this, *node.expressions, query] if each]
    if isinstance(node, exp.Between):
        return [flow.kind(node.args[key], scope) for key in ("this", "low", "high")]
    if isinstance(node, exp.Binary):
        return [flow.kind(node.left, scope), flow.kind(node.right, scope)]
    if isinstance(node, exp.Case):
        return [flow.kind(each.args["true"], scope) for each in node.args["ifs"]]
    return [flow.kind(node, scope)]


@over(*COMPARISONS, exp.In, exp.Between, exp.Case, exp.Coalesce, exp.Concat)
def conflicts(flow: Flow, scope: Scope, node: exp.Expr) -> bool:
    return combine(*operands(flow, scope, node)).label == "conflict"


@over(exp.Union, exp.Except, exp.Intersect)
def union_conflicts(flow: Flow, scope: Scope, node: exp.Expr) -> bool:
    whole = scope.expression is node
    return whole and any(kind.label == "conflict" for kind in flow.of_scope(scope).values())


def folded(node: exp.Expr) -> bool:
    """Whether a comparison says itself that case does not count."""
    return isinstance(node, (exp.Lower, exp.Upper))


@over(*COMPARISONS[:2], exp.Group, exp.Window, exp.Distinct)
def loose(flow: Flow, scope: Scope, node: exp.Expr) -> bool:
    if isinstance(node, exp.Binary):
        kinds = [flow.kind(each, scope) for each in (node.left, node.right)]
        columns = all(kind.base == "text" and not kind.constant for kind in kinds)
        return columns and combine(*kinds).is_loose and not folded(node.left)
    if isinstance(node, exp.Window):
        parts = node.args.get("partition_by") or []
    elif isinstance(node, exp.Distinct):
        parts = node.expressions or scope.expression.expressions
    else:
        parts = node.expressions
    return any(flow.kind(each, scope).is_loose and not folded(each) for each in parts)


@over(exp.Replace)
def loose_replacements(flow: Flow, scope: Scope, node: exp.Expr) -> bool:
    return flow.kind(node.this, scope).is_loose


@over(exp.Cast, exp.Convert)
def lost_letters(flow: Flow, scope: Scope, node: exp.Expr) -> bool:
    source = flow.kind(node.expression if isinstance(node, exp.Convert) else node.this, scope)
    narrow = flow.kind(node, scope)
    return (
        source.wide
        and narrow.base == "text"
        and not narrow.wide
        and "_UTF8" not in source.collation
    )


@over(exp.Avg)
def whole_averages(flow: Flow, scope: Scope, node: exp.Expr) -> bool:
    return flow.kind(node.this, scope).base in ("int", "bigint")


@over(exp.Sum)
def overflowing_sums(flow: Flow, scope: Scope, node: exp.Expr) -> bool:
    return flow.kind(node.this, scope).base == "int"


@over(exp.Div)
def whole_divisions(flow: Flow, scope: Scope, node: exp.Expr) -> bool:
    return all(kind.base in ("int", "bigint", "bit") for kind in operands(flow, scope, node))


@over(exp.Max, exp.Min, exp.Sum, exp.Avg)
def aggregated_flags(flow: Flow, scope: Scope, node: exp.Expr) -> bool:
    return flow.kind(node.this, scope).base == "bit"


@over(exp.Add, exp.Sub)
def sums_of_time(flow: Flow, scope: Scope, node: exp.Expr) -> bool:
    return any(kind.base in TIMES for kind in operands(flow, scope, node))


def on_examples(find: Callable[[Code, Tables], Iterator[str]]) -> Callable[[Code], Iterator[str]]:
    return lambda code: find(code, EXAMPLE_TABLES)


CHECKS: dict[str, tuple[str, Callable[[Code, Tables], Iterator[str]]]] = {}


def _rule(
    name: str,
    why: str,
    find: Callable[[Code, Tables], Iterator[str]],
    bad: tuple[str, ...],
    good: tuple[str, ...],
) -> Rule:
    CHECKS[name] = (why, find)
    return Rule(name, why, on_examples(find), bad, good)


FLOW_RULES = (
    _rule(
        "collation-conflict",
        "Columns of two collations cannot be compared or joined: make both keys with {{"
        " as_key('...') }}.",
        conflicts,
        bad=(
            "select t.n from s.t inner join s.u on t.k = u.k",
            "select coalesce(t.k, u.k) as k from s.t cross join s.u",
            "select n from s.t where k in (select k from s.u)",
            "select case when n = 1 then t.k else t.words end as k, 1 as x from s.t where"
            " t.k like t.words",
            "with a as (select 'x' as kind) select t.n from s.t inner join a on t.k = a.kind",
        ),
        good=(
            "select t.n from s.t inner join s.u on t.k = u.other where t.k = 'x' and u.k in"
            " ('a', 'b')",
            f"select t.n from s.t inner join s.u on t.k = u.k {EXAMPLE}",
            f"with a as (select cast('x' as nvarchar(200)) {EXAMPLE} as kind)"
            " select t.n from s.t inner join a on t.k = a.kind",
        ),
    ),
    _rule(
        "collation-of-union",
        "Columns of two collations cannot be united: make both keys with {{ as_key('...') }}.",
        union_conflicts,
        bad=("select k from s.t union all select k from s.u",),
        good=(
            "select k from s.t union all select other from s.u",
            "select k from s.t union all select 'x' as k",
        ),
    ),
    _rule(
        "loose-key",
        "The default collation may ignore case and accents: what is a key is made with {{"
        " as_key('...') }}.",
        loose,
        bad=(
            "select a.n from s.u as a inner join s.u as b on a.k = b.k",
            "select words, count(*) as c from s.t group by words",
            "select row_number() over (partition by words order by n) as c from s.t",
            "select distinct words from s.t",
            "select distinct convert(varchar(64), hashbytes('SHA2_256', k), 2) as h from s.t",
            "select count(distinct words) as c from s.t",
        ),
        good=(
            "select lower(k) as k, count(distinct other) as c from s.u where lower(k) = 'x'"
            " group by lower(k)",
            "select k, row_number() over (partition by k order by words) as c from s.t",
            "select a.n from s.t as a inner join s.t as b on a.k = b.k",
            "with a as (select case when n = 1 then 'x' else 'y' end as k from s.t) select"
            " distinct k from a",
        ),
    ),
    _rule(
        "loose-replace",
        "replace() follows the collation, the default one may ignore case: {{"
        " letter_by_letter('...') }}.",
        loose_replacements,
        bad=("select replace(words, 'a', 'b') as w from s.t",),
        good=(
            f"select replace(words {EXAMPLE}, 'a', 'b') as w, replace(k, 'a', 'b') as k from s.t",
        ),
    ),
    _rule(
        "lost-letters",
        "varchar loses what the code page has no sign for: {{ type_text() }}.",
        lost_letters,
        bad=(
            "select cast(words as varchar(8000)) as w from s.t",
            "select convert(varchar(64), k, 2) as w from s.t",
        ),
        good=(
            "select cast(words collate Latin1_General_100_BIN2_UTF8 as varchar(max)) as w from s.t",
            "select convert(varchar(64), hashbytes('SHA2_256', k), 2) as w, cast(n as"
            " varchar(20)) as n from s.t",
        ),
    ),
    _rule(
        "whole-average",
        "avg() of whole numbers is a whole number in T-SQL: {{ ratio('sum(...)', 'count(...)') }}.",
        whole_averages,
        bad=("select avg(n) as a from s.t",),
        good=("select avg(cast(n as decimal(38, 15))) as a, avg(share) as b from s.t",),
    ),
    _rule(
        "overflowing-sum",
        "sum() of int is int in T-SQL and fails above 2,147,483,647: {{ total('...') }}.",
        overflowing_sums,
        bad=(
            "select sum(n) as a from s.t",
            "select sum(case when n = 1 then 1 else 0 end) as a from s.t",
        ),
        good=("select sum(cast(n as bigint)) as a, sum(big) as b, sum(share) as c from s.t",),
    ),
    _rule(
        "whole-division",
        "Whole numbers divide to whole numbers: {{ ratio('...', '...') }}.",
        whole_divisions,
        bad=("select n / 7 as a from s.t",),
        good=("select cast(n as float) / nullif(big, 0) as a from s.t",),
    ),
    _rule(
        "aggregated-flag",
        "T-SQL cannot aggregate bits: max(case when ... then 1 else 0 end).",
        aggregated_flags,
        bad=("select max(is_a) as a from s.t",),
        good=("select max(case when is_a = 1 then 1 else 0 end) as a, count(is_a) as b from s.t",),
    ),
    _rule(
        "sum-of-time",
        "T-SQL does not add to dates or subtract them: {{ dbt.dateadd(...) }}, {{"
        " dbt.datediff(...) }}.",
        sums_of_time,
        bad=("select day - 1 as a from s.t", "select at - at as a from s.t"),
        good=("select dateadd(day, n + 1, day) as a, datediff(day, at, day) + 1 as b from s.t",),
    ),
)


def losses(actual: dict[str, Kind], promised: dict[str, Kind]) -> Iterator[str]:
    """Columns of a contract whose type in the table is too small for what the query returns."""
    for name, kind in actual.items():
        column = promised.get(name)
        if column is None:
            yield f"{name} is not in the table"
        elif kind.base == "text" == column.base:
            if kind.wide and not column.wide:
                yield f"{name}: nvarchar into varchar"
            if kind.size > column.size:
                yield f"{name}: {kind.size} characters into {column.size}"
            if kind.size <= KEY and kind.collation and kind.collation != column.collation:
                yield f"{name}: loses its collation {kind.collation}"
        elif combine(kind, column) != column:
            yield f"{name}: {kind.base} into {column.base}"
