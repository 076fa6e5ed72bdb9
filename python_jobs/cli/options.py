"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from python_jobs.errors import UsageError

if TYPE_CHECKING:
    from python_jobs.storage.job_inputs import Period

Command = TypeVar("Command", bound=Callable[..., Any])


class Day(click.ParamType[date]):
    """A day as YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read the day, or say what it should look like."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no day; write it as 2026-01-31", param, ctx)


class Moment(click.ParamType[datetime]):
    """A day or a point in time, in UTC where it does not say."""

    name = "YYYY-MM-DD[THH:MM]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read the moment, or say what it should look like."""
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no moment; write it as 2026-01-31T18:00", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


class Dollars(click.ParamType[Decimal]):
    """An amount of money, to the last digit."""

    name = "USD"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Decimal:
        """Read the amount, or say what it should look like."""
        try:
            found = Decimal(value)
        except (InvalidOperation, ValueError):
            found = Decimal("NaN")
        if not found.is_finite() or found < 0:
            self.fail(f"{value!r} is no amount of US dollars; write it as 2.50", param, ctx)
        return found


def provider_option(command: Command) -> Command:
    """`--provider`."""
    return click.option(
        "--provider",
        type=click.Choice(["openai", "azure", "local"]),
        envvar="INSIGHTS_PROVIDER",
        show_envvar=True,
        help="Who runs the model. Default: openai where OPENAI_API_KEY is set, azure where "
        "AZURE_OPENAI_ENDPOINT is, else local.",
    )(command)


def period_options(command: Command) -> Command:
    """`--start-date` and `--end-date`."""
    command = click.option(
        "--end-date", type=Day(), help="Only feedback given until this day (UTC, inclusive)."
    )(command)
    return click.option(
        "--start-date", type=Day(), help="Only feedback given from this day on (UTC)."
    )(command)


def days_back_option(command: Command) -> Command:
    """`--days-back`."""
    return click.option(
        "--days-back",
        type=click.IntRange(min=1),
        metavar="N",
        help="Only feedback of the last N days, today included.",
    )(command)


def limit_option(command: Command) -> Command:
    """`--limit`."""
    return click.option(
        "--limit", type=click.IntRange(min=1), metavar="N", help="At most N distinct texts."
    )(command)


def work_options(command: Command) -> Command:
    """`--batch-size` and `--max-workers`."""
    command = click.option(
        "--max-workers",
        type=click.IntRange(1, 64),
        envvar="MAX_WORKERS",
        show_envvar=True,
        default=5,
        show_default=True,
        help="Calls to the model at a time.",
    )(command)
    return click.option(
        "--batch-size",
        type=click.IntRange(1, 2048),
        envvar="BATCH_SIZE",
        show_envvar=True,
        default=100,
        show_default=True,
        help="Texts a call.",
    )(command)


def mode_option(command: Command) -> Command:
    """`--mode`."""
    return click.option(
        "--mode",
        type=click.Choice(["online", "batch"]),
        envvar="INSIGHTS_MODE",
        show_envvar=True,
        default="online",
        show_default=True,
        help="Ask at once, or hand OpenAI files of requests that it answers within a day at half "
        "price; `insights batch fetch --wait` then stores the answers.",
    )(command)


def check_mode(mode: str, *online: str) -> None:
    """Refuse options that only single requests know.

    Args:
        mode: as chosen.
        online: names of the running command's parameters that do not go with batches.

    Raises:
        UsageError: one of them is on the command line, and the mode is `batch`.
    """
    context = click.get_current_context()
    for parameter in context.command.params if mode == "batch" else ():
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name in online and source is ParameterSource.COMMANDLINE:
            option = parameter.opts[0]
            raise UsageError(
                f"{option} does not go with --mode batch",
                hint=f"leave {option} out, or use --mode online",
            )


def ceiling_option(command: Command) -> Command:
    """`--max-cost`."""
    return click.option(
        "--max-cost",
        type=Dollars(),
        help="A hard ceiling in US dollars: stop before it could be passed (exit code 9).",
    )(command)


def cost_options(command: Command) -> Command:
    """`--max-cost` and `--cost-since`."""
    command = click.option(
        "--cost-since",
        type=Moment(),
        help="What all commands have spent since then counts against --max-cost, as for a "
        "budget of a month.",
    )(command)
    return ceiling_option(command)


class MemorySize(click.ParamType[int]):
    """An amount of memory in bytes, as in 2GiB."""

    name = "SIZE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the size, or say what it should look like."""
        from pydantic import ByteSize, TypeAdapter, ValidationError

        try:
            found = TypeAdapter(ByteSize).validate_python(value)
        except ValidationError:
            found = ByteSize(0)
        if found < 1:
            self.fail(f"{value!r} is no size of memory; write it as 2GiB or 800MiB", param, ctx)
        return found


def memory_option(command: Command) -> Command:
    """`--memory-limit`."""
    return click.option(
        "--memory-limit",
        type=MemorySize(),
        envvar="INSIGHTS_MEMORY_LIMIT",
        show_envvar=True,
        help="Most memory to use, as in 2GiB: above it vectors stay on disk, and where even that "
        "does not do the run stops before it begins. Default: what the machine has left.",
    )(command)


def check_option(command: Command) -> Command:
    """`--check`: `run_pipeline.sh` asks every step before the first one runs."""
    return click.option(
        "--check", "only_check", is_flag=True, help="Check options and settings, and do nothing."
    )(command)


def period(start_date: date | None, end_date: date | None, days_back: int | None = None) -> Period:
    """The days that the options name.

    Raises:
        UsageError: they contradict each other.
    """
    from python_jobs.storage.job_inputs import Period

    if days_back is not None:
        if start_date or end_date:
            raise UsageError(
                "--days-back does not go with --start-date or --end-date", hint="give one of them"
            )
        start_date = datetime.now(UTC).date() - timedelta(days=days_back - 1)
    if start_date and end_date and start_date > end_date:
        raise UsageError(
            f"--start-date {start_date} is after --end-date {end_date}", hint="swap them"
        )
    return Period(start_date, end_date)
