"""Macros of the dbt project that return a value, called without dbt."""

from __future__ import annotations

import datetime as dt
import re
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import jinja2
import jinja2.ext

MACROS = Path(__file__).resolve().parents[2] / "dbt_project" / "macros"
TODAY = dt.datetime(2026, 6, 15, 23, 59, tzinfo=dt.UTC)


class CompilerError(Exception):
    """What `exceptions.raise_compiler_error` raises."""


class _Returned(Exception):  # noqa: N818
    """What `return` does in dbt's Jinja."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


def returned(folder: str, macro: str, *arguments: object, **variables: object) -> Any:
    """The value that a macro returns, with stand-ins for dbt's own functions.

    Args:
        folder: of the macro; it may call the others there.
        macro: its name.
        arguments: its own.
        variables: what `var` gives.
    """

    def give(value: object) -> NoReturn:
        raise _Returned(value)

    def refuse(message: str) -> NoReturn:
        raise CompilerError(message)

    environment = jinja2.Environment(extensions=[jinja2.ext.do], autoescape=False)
    environment.globals |= {
        "return": give,
        "exceptions": SimpleNamespace(raise_compiler_error=refuse),
        "modules": SimpleNamespace(datetime=dt, re=re),
        "run_started_at": TODAY,
        "var": lambda name, default=None: variables.get(name, default),
    }
    files = (MACROS / folder).glob("*.sql")
    sources = {file.stem: file.read_text(encoding="utf-8") for file in files}

    def run(name: str, *given: object, **named: object) -> Any:
        try:
            getattr(environment.from_string(sources[name]).module, name)(*given, **named)
        except _Returned as value:
            return value.value
        raise AssertionError(f"{name} returns nothing")

    environment.globals |= {name: partial(run, name) for name in sources}
    return run(macro, *arguments)
