"""`--resume`: which run to go on with, and with which options."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from python_jobs.errors import UsageError
from python_jobs.jobs.pipeline.options import Options, read_options
from python_jobs.logs import logger

if TYPE_CHECKING:
    from python_jobs.jobs.pipeline.state import State, Store


def find(kept: Store, options: Options) -> State | None:
    """The run that did not come to its end, if it is the one asked for.

    With options of its own, `--resume` goes on with a run that had the same ones, and is a run
    like any other where there is none: a scheduler can always give it.

    Raises:
        UsageError: it is given alone, and nothing is known of any run.
    """
    known = kept.load()
    if known is None and not options.arguments:
        raise UsageError(
            f"no earlier run is known in {kept.folder}",
            hint="give the run's own options beside --resume; is INSIGHTS_STATE_DIR the same?",
        )
    if known is None or known.ended:
        return None
    if options.arguments and list(options.arguments) != known.arguments:
        logger.warning("the run that stopped had other options: this one starts from the beginning")
        return None
    return known


def options_of(known: State, options: Options, mode: str) -> Options:
    """The options of the run that is resumed, with those that concern this call only."""
    before = read_options(known.arguments, mode, is_loaded="load" in known.done)
    return replace(
        before,
        resume=True,
        report=options.report or before.report,
        log_format=options.log_format,
        correlation_id=options.correlation_id,
    )
