"""A warehouse that holds somebody's own reviews, and the vectors in another database.

Postgres, or the SQL Server that SQLSERVER_TEST_URL names: the same statements for both. Everything
is made in schemas of its own (`PREFIX`), which are dropped afterwards.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from python_jobs.jobs.prepare import ensure_tables
from python_jobs.settings import Settings, project_root
from python_jobs.storage import sqlserver, warehouse_address
from python_jobs.storage.connection import psycopg_connect
from python_jobs.storage.vectors import init_vectors
from tests.integration.databases import fresh_database
from tests.integration.sqlserver_database import VARIABLE, dbt_variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from python_jobs.storage.embedded import ServerInfo

URL = os.environ.get(VARIABLE, "")
PREFIX = f"t{os.getpid()}_"
SHOP = f"{PREFIX}shop"
MAPPING = (
    "{feedback_id: ReviewID, created_at: CreatedOn, feedback_text: Body, "
    "rating: Stars, product: Article}"
)
ODD = {
    9001: "Größe 日本 🥾 𝒜 und 'quotes' \"double\" \\ %s :name",
    9002: "long " + "Größe 日本 " * 2_222,  # 20,000 letters
    9003: "  kept to the letter\r\n\tand so is this ",
}
WORDS = {
    "sole": ("sole", "glue", "came off", "loose", "fell off"),
    "delivery": ("parcel", "courier", "late", "rain", "weeks"),
    "size": ("too small", "narrow", "tight toes", "size up", "wide feet"),
}


@dataclass(frozen=True)
class Place:
    """A warehouse with its vectors.

    Attributes:
        settings: for both.
        vectors: for `psycopg_connect` to the vectors' database.
        environment: for processes that are to find both.
    """

    settings: Settings
    vectors: Settings
    environment: dict[str, str] = field(repr=False)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What a statement finds; `{}` in it is the prefix of schemas."""
        engine = warehouse_address.engine(self.settings, poolclass=sa.NullPool)
        with engine.begin() as connection:
            found = connection.exec_driver_sql(statement.format(PREFIX))
            return [tuple(row) for row in found] if found.returns_rows else []

    def stored_vectors(self) -> int:
        """How many vectors there are."""
        with psycopg_connect(self.vectors) as connection:
            count = connection.execute(
                f"select count(*) from {PREFIX}vector_store.embeddings".encode()
            )
            return int((count.fetchone() or (0,))[0])

    def write(self, texts: Sequence[tuple[int, str | None]]) -> None:
        """Reviews, one statement each: not every driver is good at many."""
        engine = warehouse_address.engine(self.settings, poolclass=sa.NullPool)
        with engine.begin() as connection:
            for number, text in texts:
                connection.execute(sa.insert(reviews), _review(number, text))

    def delete(self, first: int, last: int) -> None:
        """Take reviews away."""
        engine = warehouse_address.engine(self.settings, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.execute(sa.delete(reviews).where(reviews.c.ReviewID.between(first, last)))

    def marts(self) -> dict[str, list[str]]:
        """The rows of each mart but the one that tells of the very runs."""
        names = self.rows(
            "select TABLE_NAME from INFORMATION_SCHEMA.TABLES "
            "where TABLE_SCHEMA = '{}marts' and TABLE_NAME <> 'pipeline_health'"
        )
        return {
            name: sorted(map(str, self.rows(f"select * from {{}}marts.{name}")))
            for (name,) in names
        }


reviews = sa.Table(
    "Reviews",
    sa.MetaData(),
    sa.Column("ReviewID", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("CreatedOn", sa.DateTime(timezone=True), nullable=False),
    sa.Column("Body", sa.UnicodeText),
    sa.Column("Stars", sa.Numeric(3, 1)),
    sa.Column("Article", sa.Unicode(100)),
    schema=SHOP,
)


def created(number: int) -> datetime:
    """When a review was written, at an offset that is not the server's."""
    day = datetime(2026, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    return day + timedelta(hours=number % 2_000)


def _review(number: int, text: str | None) -> dict[str, object]:
    return {
        "ReviewID": number,
        "CreatedOn": created(number),
        "Body": text,
        "Stars": Decimal(number % 9) / 2 + 1 if number % 9 else None,
        "Article": ("Boot", "Größe 日本", None)[number % 3],
    }


def ordinary(first: int, count: int) -> list[tuple[int, str | None]]:
    """Texts of three topics, each different from all others."""
    topics = list(WORDS.values())
    found: list[tuple[int, str | None]] = []
    for number in range(first, first + count):
        words = topics[number % 3]
        parts = [words[number % 5], words[number // 5 % 5], words[number // 25 % 5]]
        found.append((number, f"{', '.join(parts)}: boots number {number}"))
    return found


@contextmanager
def place(kind: str, server: ServerInfo, folder: Path) -> Iterator[Place]:
    """A warehouse with an empty table of reviews and a vector store, dropped afterwards."""
    with pytest.MonkeyPatch.context() as patch, fresh_database(server) as (_, vectors):
        for name in os.environ:
            if name.startswith(("INSIGHTS_", "OPENAI_", "AZURE_OPENAI_", "PG")):
                patch.delenv(name)
        project = _project(folder)
        patch.setenv("DBT_TARGET_PATH", str(folder / "target"))
        common = {
            "INSIGHTS_HOME": str(folder / "home"),
            "INSIGHTS_DBT_PROJECT_DIR": str(project),
            "INSIGHTS_SCHEMA_PREFIX": PREFIX,
            "INSIGHTS_PROVIDER": "local",
            "INSIGHTS_VECTOR_DATABASE_URL": vectors,
            "DBT_TARGET_PATH": str(folder / "target"),
        }
        if kind == "postgres":
            with fresh_database(server) as (_, url):
                yield from _made(common | {"INSIGHTS_DATABASE_URL": url}, patch)
            return
        parsed, _ = sqlserver.parse_url(SecretStr(URL), VARIABLE)
        try:
            yield from _made(common | dbt_variables(parsed), patch)
        finally:
            _drop_schemas()


def _made(environment: dict[str, str], patch: pytest.MonkeyPatch) -> Iterator[Place]:
    for name, value in environment.items():
        patch.setenv(name, value)
    settings = Settings()
    vectors = settings.model_copy(update={"database_url": settings.vector_database_url})
    with psycopg_connect(vectors) as connection:
        init_vectors(connection, settings.schema_name("vector_store"))
    engine = warehouse_address.engine(settings, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(SHOP))
        reviews.create(connection)
    ensure_tables(settings)
    yield Place(settings, vectors, environment)


def _project(folder: Path) -> Path:
    """The dbt project with the vars that name the table."""
    ours = project_root() / "dbt_project"
    leave = shutil.ignore_patterns("target", "logs", "profiles.yml", ".user.yml")
    project = shutil.copytree(ours, folder / "dbt_project", ignore=leave)
    file = project / "dbt_project.yml"
    text = file.read_text(encoding="utf-8")
    for before, after in (
        ('feedback_table: ""', "feedback_table: Reviews"),
        ('feedback_schema: ""', f"feedback_schema: {SHOP}"),
        ("feedback_columns: {}", f"feedback_columns: {MAPPING}"),
    ):
        assert text.count(before) == 1
        text = text.replace(before, after)
    file.write_text(text, encoding="utf-8")
    return project


def _drop_schemas() -> None:
    """Take everything of this prefix away, views before tables."""
    engine = warehouse_address.engine(Settings(), poolclass=sa.NullPool)
    like = PREFIX.replace("_", "[_]") + "%"
    with engine.begin() as connection:
        found = connection.exec_driver_sql(
            "select TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE from INFORMATION_SCHEMA.TABLES "
            f"where TABLE_SCHEMA like '{like}' order by TABLE_TYPE desc"
        ).fetchall()
        for schema, name, kind in found:
            what = "view" if kind == "VIEW" else "table"
            connection.exec_driver_sql(f"drop {what} [{schema}].[{name}]")
        schemas = connection.exec_driver_sql(
            f"select name from sys.schemas where name like '{like}'"
        ).fetchall()
        for (name,) in schemas:
            with suppress(sa.exc.DBAPIError):
                connection.exec_driver_sql(f"drop schema [{name}]")


def utc(moment: datetime) -> datetime:
    """As models keep it: UTC, without an offset."""
    return moment.astimezone(UTC).replace(tzinfo=None)
