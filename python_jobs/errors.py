"""The errors a user may meet: each names the thing, the way out and an exit code.

Everything raised on purpose derives from :class:`InsightsError`; the command line prints it
without a traceback. Drivers' own errors are wrapped where they occur, so that no message holds
a key, a connection string or feedback text.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What `insights` exits with. `run_pipeline.sh` has its own, one a step."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    CONFIGURATION = 3
    DATABASE = 4
    PROVIDER = 5
    INCOMPLETE = 6
    REJECTED = 7
    BUDGET = 9
    BUSY = 75
    INTERRUPTED = 130
    TERMINATED = 143


class InsightsError(Exception):
    """Root of all errors that a user may see.

    Args:
        message: what is wrong, naming the thing.
        hint: what to do about it.
    """

    exit_code = ExitCode.UNEXPECTED

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(InsightsError):
    """An option or an input that cannot be used."""

    exit_code = ExitCode.USAGE


class ConfigurationError(InsightsError):
    """A setting is missing, wrong, or contradicts another."""

    exit_code = ExitCode.CONFIGURATION


class DatabaseError(InsightsError):
    """The database cannot be reached, or lacks what a job needs."""

    exit_code = ExitCode.DATABASE


class ProviderError(InsightsError):
    """The model provider refused, failed for good, or answered nonsense."""

    exit_code = ExitCode.PROVIDER


class IncompleteError(InsightsError):
    """The job ended, but left items behind (they are in `dead_letters`)."""

    exit_code = ExitCode.INCOMPLETE


class RejectedError(InsightsError):
    """A candidate cluster run did not pass its tests; the published run stays."""

    exit_code = ExitCode.REJECTED


class BusyError(InsightsError):
    """Another run holds the lock."""

    exit_code = ExitCode.BUSY
