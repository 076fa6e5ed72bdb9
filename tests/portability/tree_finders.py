"""Finders over the syntax tree: what stands where T-SQL wants something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from tests.portability.vocabulary import RESERVED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.portability.rules import Code

CONDITIONS = (exp.Predicate, exp.Connector, exp.Not)
ORDERED = (
    *(exp.RowNumber, exp.Rank, exp.DenseRank, exp.PercentRank, exp.CumeDist, exp.Ntile),
    *(exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue),
)
UNFRAMED = ORDERED[:-2]


def nested_with(code: Code) -> Iterator[str]:
    for node in code.tree.find_all(exp.With):
        if node.parent is not code.tree:
            yield node.sql("tsql")


def parent_of(node: exp.Expr) -> exp.Expr | None:
    """The parent, whatever parentheses are between."""
    parent = node.parent
    while isinstance(parent, exp.Paren):
        parent = parent.parent
    return parent


def takes_condition(node: exp.Expr) -> bool:
    """Whether a node stands where T-SQL wants a condition."""
    parent = parent_of(node)
    place = node.parent.arg_key if isinstance(node.parent, exp.Paren) else node.arg_key
    if isinstance(parent, exp.If):
        case = parent.parent
        return place == "this" and not (isinstance(case, exp.Case) and case.this)
    if isinstance(parent, exp.Join):
        return place == "on"
    return isinstance(
        parent,
        (exp.Where, exp.Having, exp.Connector, exp.Not, exp.CheckColumnConstraint, exp.IfBlock),
    )


def condition_as_value(code: Code) -> Iterator[str]:
    for node in code.tree.find_all(*CONDITIONS):
        if not takes_condition(node):
            yield node.sql("tsql")


def value_as_condition(code: Code) -> Iterator[str]:
    for node in code.tree.walk():
        if (
            not isinstance(node, (exp.Paren, *CONDITIONS))
            and not (isinstance(node, exp.Query) and isinstance(node.parent, exp.Exists))
            and takes_condition(node)
        ):
            yield f"{node.sql('tsql')} in {parent_of(node).sql('tsql')}"  # type: ignore[union-attr]


def unlimited_order(code: Code) -> Iterator[str]:
    for node in code.tree.find_all(exp.Query):
        if node.args.get("order") and not (node.args.get("limit") or node.args.get("offset")):
            yield node.args["order"].sql("tsql")


def numbers_for_columns(code: Code) -> Iterator[str]:
    for node in code.tree.find_all(exp.Group):
        for each in node.expressions:
            if isinstance(each, exp.Literal):
                yield node.sql("tsql")
    for order in code.tree.find_all(exp.Ordered):
        if isinstance(order.this, exp.Literal):
            yield order.sql("tsql")


def group_by_alias(code: Code) -> Iterator[str]:
    for select in code.tree.find_all(exp.Select):
        group = select.args.get("group")
        computed = {
            each.alias
            for each in select.expressions
            if isinstance(each, exp.Alias) and not isinstance(each.this, exp.Column)
        }
        for each in group.expressions if group else ():
            if isinstance(each, exp.Column) and not each.table and each.name in computed:
                yield each.name


def named_queries(tree: exp.Expr) -> Iterator[exp.Select]:
    """Selects whose columns get a name: of a view, of a CTE, of a derived table."""
    for select in tree.find_all(exp.Select):
        query: exp.Expr = select
        while isinstance(query.parent, exp.SetOperation) and query.arg_key == "this":
            query = query.parent
        if isinstance(query.parent, exp.SetOperation):
            continue  # the first branch names them
        if (
            query is tree
            or isinstance(query.parent, exp.CTE)
            or (
                isinstance(query.parent, exp.Subquery)
                and isinstance(query.parent.parent, (exp.From, exp.Join))
            )
        ):
            yield select


def unnamed_columns(code: Code) -> Iterator[str]:
    for select in named_queries(code.tree):
        for each in select.expressions:
            if not isinstance(each, (exp.Alias, exp.Column, exp.Star)):
                yield each.sql("tsql")


def repeated_columns(code: Code) -> Iterator[str]:
    for select in named_queries(code.tree):
        names = [each.alias_or_name.lower() for each in select.expressions if not each.is_star]
        yield from sorted({name for name in names if names.count(name) > 1})


def final_star(code: Code) -> Iterator[str]:
    query = code.tree
    while isinstance(query, exp.SetOperation):
        query = query.this
    if isinstance(query, exp.Select) and query.is_star:
        yield query.sql("tsql")


def nameless_tables(code: Code) -> Iterator[str]:
    for node in code.tree.find_all(exp.Subquery, exp.Values):
        if isinstance(node.parent, (exp.From, exp.Join)):
            alias = node.args.get("alias")
            if not alias or not alias.this or (isinstance(node, exp.Values) and not alias.columns):
                yield node.sql("tsql")


def row_comparisons(code: Code) -> Iterator[str]:
    for node in code.tree.find_all(exp.Tuple):
        if isinstance(node.parent, exp.Predicate) and node.arg_key in ("this", "expression"):
            yield node.parent.sql("tsql")


def reserved_names(code: Code) -> Iterator[str]:
    for node in code.tree.find_all(exp.Identifier):
        parent = node.parent
        if isinstance(parent, (exp.DataType, exp.Collate)) or not isinstance(
            parent, (exp.Column, exp.Table, exp.Alias, exp.TableAlias, exp.CTE, exp.ColumnDef)
        ):
            continue
        if not node.args.get("quoted") and node.name.lower() in RESERVED:
            yield node.name


def windows_without_order(code: Code) -> Iterator[str]:
    for node in code.tree.find_all(exp.Window):
        if isinstance(node.this, ORDERED) and not node.args.get("order"):
            yield node.sql("tsql")
        if isinstance(node.this, UNFRAMED) and node.args.get("spec"):
            yield node.sql("tsql")


def distinct_windows(code: Code) -> Iterator[str]:
    for node in code.tree.find_all(exp.Window):
        if isinstance(node.this, exp.AggFunc) and node.this.find(exp.Distinct):
            yield node.sql("tsql")


def joined_text(code: Code) -> Iterator[str]:
    for node in code.tree.find_all(exp.GroupConcat):
        value = node.this.this if isinstance(node.this, exp.Order) else node.this
        if isinstance(value, exp.Distinct) or not (
            isinstance(value, exp.Cast) and value.to.sql("tsql").lower() == "nvarchar(max)"
        ):
            yield node.sql("tsql")


def sorted_inside(code: Code) -> Iterator[str]:
    for token, after in zip(code.tokens, code.tokens[1:], strict=False):
        if token.text.lower() == "string_agg" and after.text == "(":
            depth = 0
            for each in code.tokens[code.tokens.index(after) :]:
                depth += (each.text == "(") - (each.text == ")")
                if each.text.lower().startswith("order"):
                    yield "order by inside of string_agg"
                if not depth:
                    break


def aggregates_of_queries(code: Code) -> Iterator[str]:
    for node in code.tree.find_all(exp.AggFunc):
        if any(inner is not node for inner in node.find_all(exp.Query, exp.Exists)):
            yield node.sql("tsql")
        within_window = isinstance(node.parent, exp.Window) and node.arg_key == "this"
        if not within_window and any(inner is not node for inner in node.find_all(exp.AggFunc)):
            yield node.sql("tsql")


def percentiles(code: Code) -> Iterator[str]:
    for node in code.tree.find_all(exp.PercentileCont, exp.PercentileDisc):
        group = node.parent if isinstance(node.parent, exp.WithinGroup) else node
        if not isinstance(group.parent, exp.Window):
            yield group.sql("tsql")


def set_operations(code: Code) -> Iterator[str]:
    for node in code.tree.find_all(exp.Except, exp.Intersect):
        if not node.args.get("distinct"):
            yield node.key


def self_references(code: Code) -> Iterator[str]:
    for node in code.tree.find_all(exp.CTE):
        if any(
            table.name == node.alias and not table.db for table in node.this.find_all(exp.Table)
        ):
            yield node.alias


def wildcards(code: Code) -> Iterator[str]:
    for node in code.tree.find_all(exp.Like):
        pattern = node.expression
        if isinstance(pattern, exp.Literal) and any(sign in pattern.this for sign in "[\\"):
            yield node.sql("tsql")
