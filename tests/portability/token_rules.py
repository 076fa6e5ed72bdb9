"""Rules over tokens: what cannot be said in T-SQL, whatever tree sqlglot makes of it."""

from __future__ import annotations

import re

from tests.portability.rules import Rule
from tests.portability.token_finders import (
    beyond_ascii,
    long_names,
    unknown_functions,
    unknown_types,
    unsized_types,
    words,
    wrong_arguments,
)

TOKEN_RULES = (
    Rule(
        "cast-operator",
        "T-SQL has no `::`; write cast(x as type).",
        words("::"),
        bad=("select a::int as a from t",),
        good=("select cast(a as int) as a from t", "select 'a::b' as a from t"),
    ),
    Rule(
        "concat-operator",
        "T-SQL before 2025 has no `||`; write {{ dbt.concat([...]) }}.",
        words("||"),
        bad=("select a || b as c from t",),
        good=("select concat(a, b) as c from t", "select '||' as c from t"),
    ),
    Rule(
        "limit",
        "T-SQL has no `limit`; number the rows and filter.",
        words("limit"),
        bad=("select a from t limit 5",),
        good=("select top 5 a from t order by a",),
    ),
    Rule(
        "boolean-literal",
        "T-SQL has no true and false; write {{ flag('...') }} or {{ is_true('...') }}.",
        words("true", "false"),
        bad=("select true as a from t", "select a from t where b = false"),
        good=("select cast(1 as bit) as a from t where c = 'true'",),
    ),
    Rule(
        "function",
        "SQL Server 2019 has no function of this name: dispatch a macro, or say it differently.",
        unknown_functions,
        bad=(
            "select now() as a",
            "select greatest(a, b) as a, least(a, b) as b from t",
            "select date_trunc('week', a) as a from t",
            "select datetrunc(week, a) as a from t",
            "select md5(a) as a from t",
            "select char_length(a) as a from t",
            "select extract(year from a) as a from t",
            "select position('x' in a) as a from t",
            "select split_part(a, '-', 1) as a from t",
            "select to_char(a, 'YYYY') as a from t",
            "select regexp_replace(a, 'b', 'c') as a from t",
            "select stddev(a) as a from t",
            "select n from generate_series(1, 2) as t (n)",
            "select ceil(a) as a, chr(9) as b from t",
        ),
        good=(
            "select coalesce(a, 0) as a from t where a in (1, 2) and exists (select 1 from u)",
            "select cast(a as decimal(38, 15)) as a from (values (0), (1)) as ones (a)",
            "create table s.t (a nvarchar(200) not null, primary key (a))",
        ),
    ),
    Rule(
        "arguments",
        "SQL Server 2019 wants another number of arguments here.",
        wrong_arguments,
        bad=(
            "select round(a) as a from t",
            "select ltrim(a, 'x') as a from t",
            "select substring(a, 2) as a from t",
            "select count(distinct a, b) as a from t",
            "select value from string_split('a,b', ',', 1)",
            "select concat(a) as a from t",
        ),
        good=(
            "select round(a, 0) as a, count(*) as b, ltrim(rtrim(replace(a, ' ', concat(b,"
            " c)))) as d from t",
            "select row_number() over (order by a) as n from t",
        ),
    ),
    Rule(
        "type",
        "Not a type of SQL Server, or one that must not be used: see macros/cross_db/type_*.",
        unknown_types,
        bad=(
            "select cast(a as boolean) as a from t",
            "select cast(a as text) as a from t",
            "select cast(a as timestamp) as a from t",
            "select cast(a as jsonb) as a from t",
            "select cast(coalesce(a, b) as timestamptz) as a from t",
            "create table s.t (a text not null, primary key (a))",
            "create table s.t (a nvarchar(200) collate Latin1_General_100_BIN2, b serial)",
            "if col_length('t', 'a') is null alter table t add a datetime",
        ),
        good=(
            "select cast(case when a = 1 then 1 else 0 end as bit) as a from t",
            "create table s.t (a double precision not null check (a in (1, 2)), primary key (a))",
            "if col_length('t', 'a') is null alter table t add a numeric(18, 9)",
        ),
    ),
    Rule(
        "size",
        "Without a size decimal has no places and nvarchar 30 characters.",
        unsized_types,
        bad=(
            "select cast(a as decimal) as a from t",
            "select cast(a as nvarchar) as a from t",
            "select convert(varchar, a) as a from t",
            "create table s.t (a numeric)",
        ),
        good=("select cast(a as decimal(38, 15)) as a, convert(varchar(64), b, 2) as b from t",),
    ),
    Rule(
        "beyond-ascii",
        "dbt-sqlserver creates objects by exec('...'), a varchar: use {{ codepoint(n) }}.",
        beyond_ascii,
        bad=("select 'Größe' as a from t", "select N'“' as a from t"),
        good=("select nchar(8220) as a /* “ */ from t -- Größe",),
    ),
    Rule(
        "name-length",
        "Names have 128 characters at most.",
        long_names,
        bad=(f"select a as {'x' * 129} from t",),
        good=(f"select a as {'x' * 128} from t",),
    ),
    Rule(
        "null-order",
        "T-SQL has no `nulls first` and `nulls last`: order by a case expression first.",
        words("nulls first", "nulls last"),
        bad=("select row_number() over (order by a desc nulls last) as n from t",),
        good=(
            "select row_number() over (order by case when a is null then 1 else 0 end, a) as"
            " n from t",
        ),
    ),
    Rule(
        "aggregate-filter",
        "T-SQL has no `filter (where ...)`: count(case when ... then 1 end).",
        words("filter ( where"),
        bad=("select count(*) filter (where a = 1) as n from t",),
        good=("select count(case when a = 1 then 1 end) as n from t",),
    ),
    Rule(
        "distinct-from",
        "`is distinct from` needs SQL Server 2022.",
        words("distinct from"),
        bad=("select a from t where a is not distinct from b",),
        good=("select distinct a from t where a <> b or a is null",),
    ),
    Rule(
        "interval",
        "T-SQL has no intervals: {{ dbt.dateadd(...) }}.",
        words("interval"),
        bad=("select a + interval '1 day' as a from t",),
        good=("select dateadd(day, 1, a) as a from t",),
    ),
    Rule(
        "typed-literal",
        "T-SQL has no typed literals: cast('2026-01-01' as date).",
        words("date ''", "timestamp ''", "time ''"),
        bad=("select a from t where b >= date '2026-01-01'",),
        good=("select a from t where b >= cast('2026-01-01' as date)",),
    ),
    Rule(
        "current-date",
        "SQL Server before 2025 has no current_date; a model that asks the clock is not"
        " repeatable anyway.",
        words("current_date", "current_time", "localtimestamp"),
        bad=("select a from t where b = current_date",),
        good=("select a from t where b = cast(sysutcdatetime() as date)",),
    ),
    Rule(
        "trim-from",
        "`trim(both ... from ...)` needs SQL Server 2022.",
        words("trim ( both", "trim ( leading", "trim ( trailing"),
        bad=("select trim(both 'x' from a) as a from t",),
        good=("select trim(a) as a from t",),
    ),
    Rule(
        "substring-from",
        "T-SQL wants commas: substring(a, 1, 2).",
        lambda code: (
            match[0]
            for match in re.finditer(r"(?i)\bsubstring\s*\([^(),]+\b(from|for)\b", code.text)
        ),
        bad=("select substring(a from 1 for 2) as a from t",),
        good=("select substring(a, 1, 2) as a from t",),
    ),
    Rule(
        "lateral",
        "T-SQL says cross apply and outer apply: join, or dispatch a macro.",
        words("lateral"),
        bad=("select a from t cross join lateral (select b from u) as v",),
        good=("select a from t cross join u",),
    ),
    Rule(
        "recursive",
        "Postgres demands `recursive`, T-SQL rejects it: find another way than recursion.",
        words("recursive"),
        bad=("with recursive n as (select 1 as a union all select a + 1 from n) select a from n",),
        good=("with n as (select 1 as a) select a from n",),
    ),
    Rule(
        "natural-join",
        "T-SQL has neither natural joins nor using (...).",
        words("natural", "using ("),
        bad=("select a from t natural join u", "select a from t inner join u using (b)"),
        good=("select a from t inner join u on t.b = u.b",),
    ),
    Rule(
        "pattern-match",
        "T-SQL has no regular expressions, ilike or similar to: lower() and like.",
        words("~", "!~", "~*", "ilike", "similar", "rlike", "regexp"),
        bad=("select a from t where b ~ 'x'", "select a from t where b ilike 'x%'"),
        good=("select a from t where lower(b) like 'x%'",),
    ),
    Rule(
        "json-and-arrays",
        "Operators of Postgres: keep JSON as text, and what is queried in columns.",
        words("->", "->>", "@>", "<@", "array []", "any ( array"),
        bad=("select a ->> 'b' as b from t", "select array[1, 2] as a from t"),
        good=("select json_value(a, '$.b') as b from t",),
    ),
    Rule(
        "power-sign",
        "In T-SQL `^` is exclusive or: power(a, b).",
        words("^", "**"),
        bad=("select a ^ 2 as a from t",),
        good=("select power(a, 2) as a from t",),
    ),
    Rule(
        "named-window",
        "`window w as (...)` needs SQL Server 2022: repeat the window.",
        words("window"),
        bad=("select sum(a) over w as a from t window w as (partition by b)",),
        good=("select sum(a) over (partition by b) as a from t",),
    ),
    Rule(
        "window-frame",
        "T-SQL has no groups, no exclude, and no range with a number: rows between ... and ...",
        lambda code: (
            match[0]
            for match in re.finditer(
                r"(?i)\bgroups\s+between|\bexclude\s+(current|ties|group|no)"
                r"|\brange\s+(between\s+)?('|\d|interval)|\bignore\s+nulls|\brespect\s+nulls",
                code.text,
            )
        ),
        bad=(
            "select sum(a) over (order by b groups between 1 preceding and current row) as a"
            " from t",
            "select sum(a) over (order by b range between 6 preceding and current row) as a from t",
            "select last_value(a) ignore nulls over (order by b) as a from t",
        ),
        good=(
            "select sum(a) over (order by b rows between 6 preceding and current row) as a from t",
        ),
    ),
    Rule(
        "qualify",
        "Neither database has `qualify`, `distinct on` is of Postgres only: filter on"
        " row_number().",
        words("qualify", "distinct on"),
        bad=(
            "select distinct on (a) a, b from t",
            "select a from t qualify row_number() over (order by a) = 1",
        ),
        good=("select distinct a from t",),
    ),
    Rule(
        "statement",
        "DDL and DML of Postgres: object_id(...) is null, create or alter, add without"
        " column, merge.",
        words(
            "if not exists s",
            "table if",
            "index if",
            "or replace",
            "add column",
            "on conflict",
            "returning",
            "column if",
            "cascade",
            "serial",
            "generated by",
            "using btree",
            "exclude using",
        ),
        bad=(
            "create table if not exists s.t (a int)",
            "create index if not exists i on t (a)",
            "alter table t add column a int",
            "insert into t (a) values (1) on conflict do nothing",
            "create or replace view v as select a from t",
        ),
        good=(
            "if object_id('s.t', 'U') is null create table s.t (a int)",
            "if not exists (select 1 from sys.indexes where name = 'i') create index i on t (a)",
            "alter table t add a int",
        ),
    ),
    Rule(
        "length",
        "len() forgets trailing spaces: datalength() / 2, or compare with ''.",
        words("len ("),
        bad=("select len(a) as n from t",),
        good=("select datalength(a) / 2 as n from t",),
    ),
)
