"""`insights`: one subcommand a job. Imports stay light; each command imports what it runs."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click

from python_jobs import __version__, logs, telemetry, vault
from python_jobs.cli import (
    batch,
    cluster,
    db,
    dead_letters,
    doctor,
    estimate,
    forget,
    ingest,
    load,
    pipeline,
    report,
    runs,
    search,
)
from python_jobs.errors import ExitCode, InsightsError
from python_jobs.settings import Settings, names_in_dotenv, share_dotenv


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Messages go to stderr, data to stdout. Settings: environment, then .env.",
)
@click.version_option(__version__, prog_name="insights")
@click.option("-v", "--verbose", is_flag=True, help="Log details.")
@click.pass_context
def cli(context: click.Context, verbose: bool) -> None:
    """Customer feedback in, a tree of what customers talk about out."""
    share_dotenv()
    if context.invoked_subcommand == "doctor":
        logs.configure("auto", verbose=verbose)
        return  # it reads the settings itself: to say what is wrong with them
    settings = Settings.load()
    logs.configure(settings.log_format, verbose=verbose)
    context.obj = settings
    # click reads the environment itself; what stands in `.env` it only knows from here.
    work = {"max_workers": settings.max_workers, "batch_size": settings.batch_size}
    context.default_map = dict.fromkeys(("ingest", "embed", "tag"), work | {"mode": settings.mode})
    context.default_map["cluster"] = work  # its --mode is another


for command in (
    db.db,
    load.load,
    ingest.ingest,
    ingest.embed,
    ingest.tag,
    cluster.cluster,
    cluster.name,
    runs.runs,
    report.report,
    search.search,
    search.index,
    estimate.estimate,
    dead_letters.dead_letters,
    batch.batch,
    forget.forget,
    doctor.doctor,
    pipeline.pipeline,
    pipeline.dbt,
    pipeline.lock,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line; a user's mistake ends in a message, not in a traceback."""
    try:
        share_dotenv()  # the vault's name may stand there
        vault.read_secrets(names_in_dotenv())
        with telemetry.process():
            code = cli.main(standalone_mode=False)
    except InsightsError as error:
        _complain(error.message, error.hint)
        code = error.exit_code
        pipeline.tell_it_never_began(sys.argv[1:], error)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.ClickException as error:
        error.show()
        code = ExitCode.USAGE
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted", "run the same command again: it goes on where it stopped")
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        code = ExitCode.OK  # the reader of our output has seen enough
    except Exception as error:
        known = _refused_by_database(error)
        if known is None:
            raise
        _complain(known.message, known.hint)
        code = known.exit_code
    _leave(code if isinstance(code, int) else ExitCode.OK)


def _refused_by_database(error: Exception) -> InsightsError | None:
    """What a driver's error means that no job has put into words; None for any other."""
    if "psycopg" not in sys.modules:
        return None
    import psycopg

    from python_jobs.storage.failures import refused_statement

    return refused_statement(error) if isinstance(error, psycopg.Error) else None


def _leave(code: int) -> NoReturn:
    """Exit; after a request to stop without waiting for calls that are still under way."""
    if code in (ExitCode.INTERRUPTED, ExitCode.TERMINATED):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _complain(message: str, hint: str | None) -> None:
    click.echo(f"error: {message}", err=True)
    if hint:
        click.echo(f"fix:   {hint}", err=True)
