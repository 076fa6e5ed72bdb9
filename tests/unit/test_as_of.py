"""The variables `as_of` and `as_of_taxonomy` of the dbt project: what is taken, what is refused."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest

from tests.unit.dbt_macros import CompilerError, returned

call = partial(returned, "as_of")


@pytest.mark.parametrize("given", [None, "", " "])
def test_without_a_day_models_tell_of_now(given: str | None) -> None:
    variables = {} if given is None else {"as_of": given}
    assert call("as_of_day", **variables) == call("as_of_end", **variables) == ""
    assert call("as_of_schema_suffix", **variables) == ""
    assert call("as_of_then", **variables) is False


@pytest.mark.parametrize(
    ("given", "next_day"),
    [
        ("2026-03-31", "2026-04-01"),
        (dt.date(2026, 3, 31), "2026-04-01"),  # so YAML reads it without quotes
        ("2024-02-29", "2024-03-01"),
        ("2000-02-29", "2000-03-01"),
        ("2025-12-31", "2026-01-01"),
        ("2026-06-15", "2026-06-16"),  # today
    ],
)
def test_a_day_lasts_until_the_next(given: object, next_day: str) -> None:
    assert call("as_of_end", as_of=given) == f"cast('{next_day}' as date)"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("yesterday", "is no day"),
        ("31.03.2026", "is no day"),
        ("2026-3-31", "is no day"),
        ("2026-03-31 12:00", "is no day"),
        (20260331, "is no day"),
        ("2026-02-29", "there is no day"),
        ("1900-02-29", "there is no day"),
        ("2026-04-31", "there is no day"),
        ("2026-13-01", "there is no day"),
        ("2026-00-10", "there is no day"),
        ("2026-06-00", "there is no day"),
        ("2026-06-16", "lies in the future"),
        ("x' or '1'='1", "is no day"),
    ],
)
def test_a_wrong_day_is_an_error_that_says_what_to_do(given: object, why: str) -> None:
    with pytest.raises(CompilerError) as error:
        call("as_of_day", as_of=given)
    message = str(error.value)
    assert message.startswith("var as_of: ")
    assert why in message
    assert "--vars 'as_of: 2026-03-31'" in message


def test_each_day_and_taxonomy_has_schemas_of_its_own() -> None:
    assert call("as_of_schema_suffix", as_of="2026-03-31") == "_as_of_2026_03_31"
    assert (
        call("as_of_schema_suffix", as_of="2026-03-31", as_of_taxonomy="now")
        == "_as_of_2026_03_31_taxonomy_now"
    )


def test_a_wrong_taxonomy_is_an_error_too() -> None:
    with pytest.raises(CompilerError, match=r"var as_of_taxonomy: 'old' is neither then nor now"):
        call("as_of_then", as_of="2026-03-31", as_of_taxonomy="old")
