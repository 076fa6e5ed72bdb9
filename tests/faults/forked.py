"""The command line in a fork of a process that has imported all of it: it works at once.

For tests that start a process again and again; 1.5 s of imports each time would show nothing.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from typing import TYPE_CHECKING

import openai.resources.embeddings  # noqa: F401

import python_jobs.cli
import python_jobs.jobs.embed
import python_jobs.jobs.pipeline.runner
import python_jobs.providers.openai.embedder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from multiprocessing.context import ForkServerProcess

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


def start(
    arguments: Sequence[str], environment: Mapping[str, str], folder: str, messages: str
) -> ForkServerProcess:
    """`insights …` in a process of its own, which ends with this one at the latest."""
    process = _FORKS.Process(
        target=_run, args=(list(arguments), dict(environment), folder, messages), daemon=True
    )
    process.start()
    return process


def _run(arguments: list[str], environment: dict[str, str], folder: str, messages: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    file = os.open(messages, os.O_WRONLY | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    sys.argv = ["insights", *arguments]
    python_jobs.cli.main()
