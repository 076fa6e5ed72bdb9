"""`insights db`: the embedded Postgres, and the connection that all commands share."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Literal

import click

from python_jobs.errors import ConfigurationError, DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

    from python_jobs.settings import Settings
    from python_jobs.storage.embedded import ServerInfo
    from python_jobs.storage.target import Target

# Not among `ExitCode`, whose numbers tell of failures: to be stopped is an answer.
STOPPED = 8


@click.group()
def db() -> None:
    """The embedded Postgres, and the connection that all commands share."""


@db.command()
@click.pass_obj
def start(settings: Settings) -> None:
    """Start the embedded Postgres, or leave the running one alone.

    It listens on this machine only, asks for a password, goes on after this command, and keeps
    its data in .insights/. dbt_project/profiles.yml is written, so that dbt finds it.
    """
    from python_jobs.storage import embedded
    from python_jobs.storage.connection import connect
    from python_jobs.storage.target import embedded_target

    was_running = embedded.status(settings.home) is not None
    server = embedded.start(settings.home)
    if not settings.vector_database_url:
        with connect(embedded_target(server)) as connection:
            _init_vectors(connection, settings)
    _say(
        f"Postgres {'already runs' if was_running else 'runs'} on {server.host}:{server.port}, "
        f"data in {server.data_dir}"
    )
    _say_profile(settings, server)
    if settings.database_url:
        _say("INSIGHTS_DATABASE_URL is set: the other commands use that server, not this one")


@db.command()
@click.pass_obj
def stop(settings: Settings) -> None:
    """Stop the embedded Postgres; its data stay."""
    from python_jobs.storage import embedded

    _say("Postgres stopped" if embedded.stop(settings.home) else "Postgres was not running")


@db.command()
@click.pass_context
def status(context: click.Context) -> None:
    """Tell whether the embedded Postgres runs, and where.

    Exit code 0: it runs. Exit code 8: it is stopped.
    """
    from python_jobs.storage import embedded

    settings: Settings = context.obj
    server = embedded.status(settings.home)
    facts = _facts(server) if server else {"state": "stopped", "home": str(settings.home)}
    if settings.database_url:
        facts["note"] = "INSIGHTS_DATABASE_URL is set: the other commands use that server"
    for name, value in facts.items():
        click.echo(f"{name:<9} {value}")
    if not server:
        _say("to start it: insights db start")
        context.exit(STOPPED)


@db.command()
@click.option(
    "--reader",
    is_flag=True,
    help="Of the role bi_reader, which may read the marts and nothing else: for BI tools.",
)
@click.pass_obj
def url(settings: Settings, reader: bool) -> None:
    """Print the connection's URL, with its password."""
    from python_jobs.storage.target import database_url, reader_url

    found = reader_url(settings) if reader else database_url(settings)
    click.echo(found.get_secret_value())


@db.command()
@click.pass_obj
def env(settings: Settings) -> None:
    """Print the connection as variables for a shell.

    Use it as in: eval "$(insights db env)"; dbt then reads the same connection through
    profiles.yml.
    """
    from python_jobs.storage.environment import dbt_environment

    for name, value in dbt_environment(settings).items():
        quoted = value.replace("'", "'\\''")
        click.echo(f"export {name}='{quoted}'")


@db.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def psql(settings: Settings, arguments: tuple[str, ...]) -> None:
    """Open psql on the connection; ARGUMENTS go to psql, as in -c 'select 1'."""
    from python_jobs.storage.environment import psql_environment
    from python_jobs.storage.target import target

    where = target(settings)
    program = _psql_program(where)
    # A service or an address in the caller's environment would lead elsewhere.
    kept = {k: v for k, v in os.environ.items() if k not in {"PGSERVICE", "PGHOSTADDR"}}
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(  # noqa: S606  (the password goes by the environment, not by the command line)
        program, [program, *arguments], kept | psql_environment(where)
    )


@db.command()
@click.pass_context
def prepare(context: click.Context) -> None:
    """Make the configured databases ready for the jobs: `start`, or `init-vectors` for your own."""
    from python_jobs.storage.warehouse_address import is_sqlserver

    settings: Settings = context.obj
    is_elsewhere = is_sqlserver() and settings.vector_database_url
    if not settings.database_url and not is_elsewhere:
        context.invoke(start)
    if settings.database_url or settings.vector_database_url:
        context.invoke(init_vectors, convert=None)


@db.command("init-vectors")
@click.option(
    "--convert",
    type=click.Choice(["vector", "halfvec"]),
    help="Rewrite the stored vectors as this type; their indexes are dropped.",
)
@click.pass_obj
def init_vectors(settings: Settings, convert: Literal["vector", "halfvec"] | None) -> None:
    """Make pgvector and the vector tables in the configured database, where they are missing.

    Once for a Postgres of your own, with a role that may create extensions and schemas:
    INSIGHTS_VECTOR_DATABASE_URL, where the vectors have a database of their own.
    """
    from python_jobs.storage import vectors
    from python_jobs.storage.connection import connect
    from python_jobs.storage.target import vector_target

    where = vector_target(settings.as_owner)
    with connect(where) as connection:
        if convert:
            vectors.convert_vectors(connection, convert, settings.schema_name(vectors.SCHEMA))
        else:
            _init_vectors(connection, settings)
    _say(f"vector tables are ready in {where.name}")


def _init_vectors(connection: psycopg.Connection, settings: Settings) -> None:
    import psycopg

    from python_jobs.storage import vectors

    try:
        vectors.init_vectors(connection, settings.schema_name(vectors.SCHEMA), settings.vector_type)
    except psycopg.Error as error:
        raise DatabaseError(
            f"the vector tables could not be made (SQLSTATE {error.sqlstate})",
            hint="was the connection lost? run the same command again",
        ) from None


def _say(message: str) -> None:
    click.echo(message, err=True)


def _say_profile(settings: Settings, server: ServerInfo) -> None:
    from python_jobs.settings import project_root
    from python_jobs.storage.embedded.profile import write_profile

    project = settings.dbt_project_dir
    if not project.is_dir():
        return
    try:
        written = write_profile(server, project_root() / "profiles.yml.example", project)
    except OSError as error:
        raise DatabaseError(
            f"{project / 'profiles.yml'} cannot be written: {error.strerror}",
            hint='the server runs; for dbt use: eval "$(insights db env)"',
        ) from None
    if written:
        _say(f"dbt is ready: cd {project} && dbt build")
    else:
        _say(f"{project / 'profiles.yml'} is your own and stays; it may read `insights db env`")


def _facts(server: ServerInfo) -> dict[str, str]:
    from python_jobs.storage.connection import connect
    from python_jobs.storage.target import embedded_target

    with connect(embedded_target(server)) as connection:
        row = connection.execute(
            "select current_setting('server_version'), "
            "(select extversion from pg_extension where extname = 'vector')"
        ).fetchone()
    postgres, vector = row or ("unknown", None)
    return {
        "state": f"running (process {server.pid})",
        "address": f"{server.host}:{server.port}, database {server.database}, role {server.user}",
        "socket": str(server.socket_dir),
        "version": f"Postgres {postgres}, pgvector {vector or 'missing'}",
        "size": f"{sum(_file_sizes(server.data_dir)) / 1e6:.1f} MB",
        "data": str(server.data_dir),
        "log": str(server.log_file),
    }


def _file_sizes(folder: Path) -> Iterator[int]:
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                yield os.lstat(f"{parent}/{name}").st_size
            except FileNotFoundError:  # the server removes files meanwhile
                continue


def _psql_program(where: Target) -> str:
    """The wheel's psql; for a server of one's own the system's, because the wheel's has no TLS."""
    from python_jobs.storage.embedded import binaries

    own = None if where.is_embedded else shutil.which("psql")
    if own:
        return own
    try:
        return binaries.installed().program("psql")
    except ConfigurationError:
        raise ConfigurationError(
            "no psql found", hint="install Postgres's client, or the extra [embedded]"
        ) from None
