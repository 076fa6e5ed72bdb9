"""Rules over the syntax tree: what stands in a place where T-SQL wants something else."""

from __future__ import annotations

from tests.portability.rules import Rule
from tests.portability.tree_finders import (
    aggregates_of_queries,
    condition_as_value,
    distinct_windows,
    final_star,
    group_by_alias,
    joined_text,
    nameless_tables,
    nested_with,
    numbers_for_columns,
    percentiles,
    repeated_columns,
    reserved_names,
    row_comparisons,
    self_references,
    set_operations,
    sorted_inside,
    unlimited_order,
    unnamed_columns,
    value_as_condition,
    wildcards,
    windows_without_order,
)

TREE_RULES = (
    Rule(
        "nested-with",
        "T-SQL allows `with` at the beginning of a statement only.",
        nested_with,
        bad=(
            "with a as (with b as (select 1 as x) select x from b) select x from a",
            "select x from (with b as (select 1 as x) select x from b) as c",
        ),
        good=("with b as (select 1 as x), a as (select x from b) select x from a",),
    ),
    Rule(
        "condition-as-value",
        "A condition is no value in T-SQL: {{ flag('...') }}.",
        condition_as_value,
        bad=(
            "select a > 1 as b from t",
            "select a is null as b from t",
            "select coalesce(a = 1, b) as b from t",
            "select case when a = 1 then b = 2 end as b from t",
            "select a from t where (b = 1) = (c = 2)",
            "select max(a = 1) as b from t",
            "select exists (select 1 from u) as b from t",
        ),
        good=(
            "select case when a = 1 and not (b > 2) then 1 else 0 end as b from t where c ="
            " 1 or (d = 2)",
            "select a from t inner join u on t.a = u.a having count(*) > 1",
            "select a from t where exists (select 1 from u where u.a = t.a) and b in (1) and"
            " c like 'x'",
        ),
    ),
    Rule(
        "value-as-condition",
        "A column is no condition in T-SQL: {{ is_true('...') }}.",
        value_as_condition,
        bad=(
            "select a from t where b",
            "select a from t where not b",
            "select a from t where b and c = 1",
            "select case when b then 1 end as a from t",
            "select a from t inner join u on t.flag",
            "select a from t where (b)",
        ),
        good=(
            "select case when b = 1 then 1 end as a from t where not (c = 1) and d is not null",
            "select case b when 1 then 2 end as a from t where exists (select 1 from u)",
            "select a from t inner join u on t.b = u.b and (t.c like 'x' or u.c between 1 and 2)",
        ),
    ),
    Rule(
        "order-by",
        "T-SQL rejects `order by` in views and CTEs, and no reader can rely on it: leave it out.",
        unlimited_order,
        bad=(
            "select a from t order by a",
            "with b as (select a from t order by a) select a from b",
        ),
        good=(
            "select row_number() over (order by a) as n from t",
            "select top 1 a from t order by a",
        ),
    ),
    Rule(
        "ordinal",
        "T-SQL cannot group by a column's number: name it.",
        numbers_for_columns,
        bad=("select a, count(*) as n from t group by 1", "select top 1 a from t order by 1"),
        good=("select a, count(*) as n from t group by a",),
    ),
    Rule(
        "group-by-alias",
        "T-SQL cannot group by what the same select computes: compute it in a CTE before.",
        group_by_alias,
        bad=("select lower(a) as b, count(*) as n from t group by b",),
        good=(
            "select lower(a) as b, count(*) as n from t group by lower(a)",
            "select a as b from t group by a",
        ),
    ),
    Rule(
        "unnamed-column",
        "A view's columns need names.",
        unnamed_columns,
        bad=(
            "select count(*) from t",
            "with b as (select max(a) from t) select 1 as x from b",
            "select x from (select 1) as t (x)",
        ),
        good=("select count(*) as n, t.a, t.* from t where b in (select max(b) from u)",),
    ),
    Rule(
        "repeated-column",
        "A view's columns need different names.",
        repeated_columns,
        bad=("select t.a, u.a from t inner join u on t.b = u.b",),
        good=("select t.a, u.a as other from t inner join u on t.b = u.b",),
    ),
    Rule(
        "final-star",
        "A view of SQL Server keeps the columns that `*` had when it was made: name them.",
        final_star,
        bad=("with a as (select x from t) select * from a", "select t.* from t"),
        good=("with a as (select * from t) select x from a",),
        models_only=True,
    ),
    Rule(
        "nameless-table",
        "Derived tables need a name, and `values` the names of its columns.",
        nameless_tables,
        bad=("select a from (select a from t)", "select 1 as a from (values (0), (1)) as v"),
        good=("select a from (select a from t) as b", "select x from (values (0), (1)) as v (x)"),
    ),
    Rule(
        "row-comparison",
        "T-SQL cannot compare several columns at once: exists, or a join.",
        row_comparisons,
        bad=(
            "select a from t where (b, c) in (select b, c from u)",
            "select a from t where (b, c) = (1, 2)",
        ),
        good=("select a from t where b in (1, 2)",),
    ),
    Rule(
        "reserved-word",
        "Reserved in T-SQL: another name.",
        reserved_names,
        bad=(
            "select a as [percent], plan from t",
            "select x.a from t as file inner join x on file.a = x.a",
        ),
        good=("select a as share, source, kind, [plan] from t as documents",),
    ),
    Rule(
        "window-order",
        "Ranks, lag and lead need `order by`, and but for first and last value no frame.",
        windows_without_order,
        bad=(
            "select row_number() over (partition by a) as n from t",
            "select lag(a) over () as n from t",
            "select lead(a) over (order by a rows between 1 preceding and current row) as n from t",
        ),
        good=(
            "select row_number() over (order by a) as n, count(*) over (partition by b) as m"
            " from t",
        ),
    ),
    Rule(
        "window-distinct",
        "T-SQL has no distinct in windows: dense_rank() up and down, or a CTE.",
        distinct_windows,
        bad=("select count(distinct a) over (partition by b) as n from t",),
        good=("select count(distinct a) as n from t",),
    ),
    Rule(
        "joined-text",
        "string_agg() overflows at 8,000 bytes and knows no distinct: {{ joined_text(...) }}.",
        joined_text,
        bad=(
            "select string_agg(a, ', ') within group (order by a) as b from t",
            "select string_agg(distinct cast(a as nvarchar(max)), ', ') as b from t",
        ),
        good=(
            "select string_agg(cast(a as nvarchar(max)), ', ') within group (order by a) as"
            " b from t",
        ),
    ),
    Rule(
        "sorted-aggregate",
        "In T-SQL the order comes after: within group (order by ...).",
        sorted_inside,
        bad=("select string_agg(cast(a as nvarchar(max)), ', ' order by a) as b from t",),
        good=(
            "select string_agg(cast(a as nvarchar(max)), ', ') within group (order by a) as"
            " b from t",
        ),
    ),
    Rule(
        "aggregate-of-query",
        "T-SQL cannot aggregate a subquery or another aggregate: a CTE before.",
        aggregates_of_queries,
        bad=(
            "select sum(case when exists (select 1 from u where u.a = t.a) then 1 else 0"
            " end) as n from t",
            "select max((select max(b) from u)) as n from t",
        ),
        good=(
            "select sum(a) as n, max(b) as m from t",
            "select sum(count(*)) over (order by a) as n from t group by a",
        ),
    ),
    Rule(
        "percentile",
        "percentile_cont() aggregates in Postgres and is a window in T-SQL: rank the rows"
        " yourself.",
        percentiles,
        bad=("select percentile_cont(0.5) within group (order by a) as m from t",),
        good=(
            "select percentile_cont(0.5) within group (order by a) over (partition by b) as"
            " m from t",
        ),
    ),
    Rule(
        "set-operation",
        "T-SQL has no `except all` and no `intersect all`.",
        set_operations,
        bad=("select a from t except all select a from u",),
        good=(
            "select a from t except select a from u",
            "select a from t union all select a from u",
        ),
    ),
    Rule(
        "recursion",
        "Postgres demands `recursive`, T-SQL rejects it: find another way than recursion.",
        self_references,
        bad=(
            "with n as (select 1 as a union all select a + 1 as a from n where a < 9) select"
            " a from n",
        ),
        good=("with n as (select a from s.n) select a from n",),
    ),
    Rule(
        "wildcard",
        "In a pattern `[` means something to T-SQL only, and `\\` to Postgres only.",
        wildcards,
        bad=("select a from t where b like '[x]%'", "select a from t where b like 'x\\_%'"),
        good=("select a from t where b like 'x.%'",),
    ),
)
