"""The raw tables: one COPY into a temporary table, one transaction that merges it.

Nothing is visible to others before the transaction ends, so that a load that fails anywhere
leaves the tables as they were. Call what is here within :func:`database_errors`.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, LiteralString

import psycopg
from psycopg import IsolationLevel, errors, sql

from python_jobs.errors import BusyError, DatabaseError, UsageError
from python_jobs.logs import logger
from python_jobs.sources.rows import Feedback, Rejection
from python_jobs.storage.dialects.postgres import take_turn_with_psycopg
from python_jobs.storage.failures import PassingError
from python_jobs.storage.tables import JOBS
from python_jobs.storage.transient import is_passing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DEMO_ORIGIN = "demo"
Part = Literal["all", "first", "later"]
ERASED = "erased"
"""The reason of rows that `insights forget` has erased: no defect of the file."""

_STAGING = """
create temporary table load_staging (
    line_number bigint not null,
    feedback_id text,
    created_at timestamptz,
    source text,
    product text,
    rating numeric(6, 3),
    feedback_text text,
    attributes jsonb,
    row_hash text,
    reason text,
    is_repeat boolean not null default false
) on commit drop
"""

_COPY = """
copy load_staging (
    line_number, feedback_id, created_at, source, product, rating, feedback_text, attributes,
    row_hash, reason
) from stdin
"""

# What was erased stays erased. A rejected row would keep its id, so it goes by that reason too.
# `storage.tombstones` computes the same hash.
_MARK_ERASED = """
update load_staging as staged
set reason = 'erased', feedback_id = null
from {salt} as salted
inner join {erased} as erased on true
where staged.feedback_id is not null
    and erased.feedback_hash
        = encode(sha256(convert_to(salted.salt || staged.feedback_id, 'UTF8')), 'hex')
"""

# The first row of an id counts. A later one with the same content adds nothing; one with other
# content contradicts it, and which of the two is right only the file's owner can tell.
_MARK_REPEATS = """
with numbered as (
    select
        line_number,
        row_hash,
        first_value(line_number) over same_id as first_line,
        first_value(row_hash) over same_id as first_hash
    from load_staging
    where reason is null
    window same_id as (partition by feedback_id order by line_number)
)
update load_staging
set
    is_repeat = numbered.row_hash = numbered.first_hash,
    reason = case
        when numbered.row_hash <> numbered.first_hash
            then 'repeated feedback_id in this file: other content than line '
                || numbered.first_line
    end
from numbered
where load_staging.line_number = numbered.line_number
    and numbered.line_number > numbered.first_line
"""

# Rows as they are stay out of the insert: "on conflict" would lock, and so write, each of them.
_MERGE = """
with candidates as (
    select staged.*, present.row_hash as present_hash
    from load_staging as staged
    left join {feedback} as present on staged.feedback_id = present.feedback_id
    where staged.reason is null and not staged.is_repeat
),
merged as (
    insert into {feedback} as present (
        feedback_id, created_at, source, product, rating, feedback_text, attributes, row_hash,
        origin, loaded_at, updated_at
    )
    select
        feedback_id, created_at, source, product, rating, feedback_text, attributes, row_hash,
        %(origin)s, %(now)s, %(now)s
    from candidates
    where present_hash is distinct from row_hash
    on conflict (feedback_id) do update set
        created_at = excluded.created_at,
        source = excluded.source,
        product = excluded.product,
        rating = excluded.rating,
        feedback_text = excluded.feedback_text,
        attributes = excluded.attributes,
        row_hash = excluded.row_hash,
        origin = excluded.origin,
        updated_at = excluded.updated_at
    where present.row_hash <> excluded.row_hash
    -- xmax is 0 in a row that this statement inserted, and set in one that it updated
    returning (xmax = 0) as is_new
)
select
    (select count(*) from merged where is_new),
    (select count(*) from merged where not is_new),
    (select count(*) from candidates where present_hash = row_hash)
        + (select count(*) from load_staging where is_repeat and reason is null)
"""

_DROP_OLD_REJECTIONS = """
delete from {rejected} as present
where present.origin = %(origin)s
    and not exists (
        select from load_staging as staged
        where staged.line_number = present.line_number
            and staged.reason = present.reason
            and staged.feedback_id is not distinct from present.feedback_id
    )
"""

# A batch judges anew the rows that it holds. Rows without an id (blank, or erased) cannot be found
# again: those of the last read are kept, which its first batch begins.
_DROP_JUDGED_AGAIN = """
delete from {rejected} as present
where present.origin = %(origin)s
    and (
        (present.feedback_id is null and %(is_first)s)
        or exists (
            select from load_staging as staged where staged.feedback_id = present.feedback_id
        )
    )
"""

_ADD_REJECTIONS = """
insert into {rejected} (origin, line_number, reason, feedback_id, rejected_at)
select %(origin)s, line_number, reason, feedback_id, %(now)s
from load_staging
where reason is not null
on conflict (origin, line_number, reason) do nothing
"""

_REASONS = """
select split_part(reason, ':', 1), count(*), min(line_number)
from load_staging
where reason is not null
group by 1
order by 2 desc, 1
"""


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How often rows were rejected for one reason, and the first line of them."""

    reason: str
    count: int
    first_line: int


@dataclass(frozen=True, slots=True)
class MergeCounts:
    """What became of the rows that were staged."""

    loaded: int
    updated: int
    unchanged: int
    removed_demo: int
    reasons: tuple[ReasonCount, ...]

    @property
    def rejected(self) -> int:
        """Rows rejected, for whatever reason."""
        return sum(each.count for each in self.reasons)

    @property
    def unusable(self) -> int:
        """Rows rejected for what is wrong with them."""
        return sum(each.count for each in self.reasons if each.reason != ERASED)


def stage(connection: psycopg.Connection, rows: Iterable[Feedback | Rejection]) -> int:
    """Copy rows into a temporary table that ends with the transaction; return how many.

    Raises:
        DatabaseError: the server stops, refuses, or does not store UTF-8.
    """
    if connection.info.parameter_status("server_encoding") != "UTF8":
        raise DatabaseError(
            "the database does not store UTF-8, so some feedback would not survive",
            hint="create it with: createdb --encoding=UTF8 --template=template0 NAME",
        )
    count = 0
    # the merge must see what was committed while it waited for its lock
    connection.isolation_level = IsolationLevel.READ_COMMITTED
    connection.execute("set client_encoding to 'UTF8'")
    connection.execute(_STAGING)
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for row in rows:
            count += 1
            if isinstance(row, Feedback):
                copy.write_row((*row, None))
            else:
                line, reason, known_id = row
                copy.write_row((line, known_id, *(None,) * 7, reason))
    connection.execute("analyze load_staging (line_number, feedback_id, row_hash, reason)")
    return count


def merge(
    connection: psycopg.Connection,
    schema: str,
    origin: str,
    jobs_schema: str = JOBS,
    part: Part = "all",
) -> MergeCounts:
    """Merge what is staged into the raw tables; the caller commits.

    One merge at a time in a schema: a second waits until the first has ended. The first load
    of another origin removes the demo feedback. Where no staged row is good, only the
    rejections are written. Feedback that was erased is rejected, and its id not kept.

    Args:
        connection: that of `stage`, in the same transaction.
        schema: of the raw tables.
        origin: 'demo' or the file's name.
        jobs_schema: of the tombstones.
        part: what is staged of the origin's rows: "all" of them, or the "first" or a "later"
            batch of what is new. Only "all" makes every earlier rejection of the origin void.

    Raises:
        UsageError: demo feedback is to be loaded beside own feedback.
        DatabaseError: a table is missing, or the server refuses or stops.
    """
    tables = {
        "feedback": sql.Identifier(schema, "customer_feedback"),
        "rejected": sql.Identifier(schema, "rejected_feedback"),
        "erased": sql.Identifier(jobs_schema, "erased_feedback"),
        "salt": sql.Identifier(jobs_schema, "erasure_salt"),
    }

    def run(query: LiteralString, **values: object) -> psycopg.Cursor:
        return connection.execute(sql.SQL(query).format(**tables), values)

    _take_turn(connection, schema)
    if _one(run("select to_regclass(%(name)s)", name=f"{jobs_schema}.erased_feedback"))[0]:
        run(_MARK_ERASED)
    run(_MARK_REPEATS)
    removed = 0
    if origin == DEMO_ORIGIN:
        (mixed,) = _one(run("select exists (select from {feedback} where origin <> 'demo')"))
        _refuse_beside_own(mixed=mixed)
    elif _one(run("select exists (select from load_staging where reason is null)"))[0]:
        removed = run("delete from {feedback} where origin = 'demo'").rowcount
        run("delete from {rejected} where origin = 'demo'")
    # read after the wait, so that loads that follow each other have rising times
    (now,) = _one(run("select clock_timestamp()"))
    loaded, updated, unchanged = _one(run(_MERGE, origin=origin, now=now))
    if part == "all":
        run(_DROP_OLD_REJECTIONS, origin=origin)
    else:
        run(_DROP_JUDGED_AGAIN, origin=origin, is_first=part == "first")
    run(_ADD_REJECTIONS, origin=origin, now=now)
    reasons = tuple(ReasonCount(*row) for row in run(_REASONS))
    return MergeCounts(loaded, updated, unchanged, removed, reasons)


def turn_key(schema: str) -> str:
    """The lock that loads and erasures take, one at a time in a schema."""
    return f"load {schema}"


def _take_turn(connection: psycopg.Connection, schema: str) -> None:
    if not take_turn_with_psycopg(connection, turn_key(schema), wait=False):
        logger.info("Waiting for another load or erasure to end")
        take_turn_with_psycopg(connection, turn_key(schema), wait=True)


def _one(cursor: psycopg.Cursor) -> tuple[Any, ...]:
    row = cursor.fetchone()
    assert row is not None, "an aggregate has always one row"
    return row


def _refuse_beside_own(*, mixed: bool) -> None:
    if mixed:
        raise UsageError(
            "the database holds feedback of your own, and demo feedback would mix with it",
            hint="load the demo into another database (INSIGHTS_DATABASE_URL or INSIGHTS_HOME)",
        )


@contextmanager
def database_errors(stored: str = "nothing was loaded") -> Iterator[None]:
    """Make a `DatabaseError` of the driver's, without the values its message may hold.

    Args:
        stored: what became of the rows.

    Raises:
        PassingError: the same may succeed on a new connection.
        DatabaseError: it will not.
    """
    try:
        yield
    except errors.LockNotAvailable:
        raise BusyError("another load holds the raw tables", hint="try again later") from None
    except (errors.UndefinedTable, errors.InvalidSchemaName, errors.UndefinedColumn):
        raise DatabaseError(
            "the raw tables are missing, or of another version",
            hint="create them: cd dbt_project && dbt run-operation create_tables",
        ) from None
    except errors.InsufficientPrivilege:
        raise DatabaseError(
            "the database role may not write the raw tables, or make temporary ones",
            hint="it needs select, insert, update, delete there, and temporary on the database",
        ) from None
    except psycopg.Error as error:
        code = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
        kind = PassingError if is_passing(error) else DatabaseError
        raise kind(
            f"the load failed in the database: {type(error).__name__}{code}; {stored}",
            hint="see the server's log; then run the same command again",
        ) from None
