"""Who looks on while a run goes by: a context manager around the run and around each step."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Protocol

from python_jobs.logs import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from python_jobs.jobs.pipeline.outputs import Outputs, StepRun


class Observer(Protocol):
    """Looks on; what it gets is filled in while the context is open, complete when it closes."""

    def run(self, outputs: Outputs) -> AbstractContextManager[None]:
        """Around all steps."""

    def step(self, step: StepRun) -> AbstractContextManager[None]:
        """Around one step, skipped ones left out."""

    def environment(self) -> dict[str, str]:
        """Variables for the step's process, asked for inside its context (`TRACEPARENT`)."""


class Observers:
    """All of them; one that fails is said, and spoils nothing."""

    def __init__(self, observers: Sequence[Observer] = ()) -> None:
        self._observers = observers

    @contextmanager
    def run(self, outputs: Outputs) -> Iterator[None]:
        """Around all steps."""
        with ExitStack() as stack:
            for each in self._observers:
                stack.enter_context(_harmless(partial(each.run, outputs)))
            yield

    @contextmanager
    def step(self, step: StepRun) -> Iterator[None]:
        """Around one step."""
        with ExitStack() as stack:
            for each in self._observers:
                stack.enter_context(_harmless(partial(each.step, step)))
            yield

    def environment(self) -> dict[str, str]:
        """What all of them add to the environment of the step under way."""
        found: dict[str, str] = {}
        for each in self._observers:
            try:
                found |= each.environment()
            except Exception as error:  # an observer's trouble is not the run's
                logger.warning("an observer failed (%s)", type(error).__name__)
        return found


@contextmanager
def _harmless(open_context: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
    context: AbstractContextManager[None] = nullcontext()
    try:
        context = open_context()
        context.__enter__()
    except Exception as error:
        logger.warning("an observer failed (%s)", type(error).__name__)
        context = nullcontext()
    try:
        yield
    finally:
        try:
            context.__exit__(None, None, None)
        except Exception as error:
            logger.warning("an observer failed (%s)", type(error).__name__)
