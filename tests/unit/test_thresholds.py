"""Numbers among the variables of the dbt project: what is taken, what is refused."""

from __future__ import annotations

from functools import partial

import pytest

from tests.unit.dbt_macros import CompilerError, returned

call = partial(returned, "thresholds")


@pytest.mark.parametrize("given", [0, 0.25, 1])
def test_a_share_is_from_0_to_1(given: float) -> None:
    assert call("number_var", "gate_share", 0, 1, gate_share=given) == given


def test_a_whole_number_may_be_as_large_as_one_likes() -> None:
    assert call("number_var", "most", 1, None, True, most=10**9) == 10**9


@pytest.mark.parametrize("given", [-0.1, 1.5, "0.5", "much", None, True, [0.5]])
def test_what_is_no_share_is_an_error_that_names_the_var(given: object) -> None:
    with pytest.raises(CompilerError) as error:
        call("number_var", "gate_share", 0, 1, gate_share=given)
    assert str(error.value) == (
        f"var gate_share: '{given}' is no number from 0 to 1; see vars in dbt_project.yml"
    )


@pytest.mark.parametrize("given", [0, 2.5, "many"])
def test_what_is_no_whole_number_is_one_too(given: object) -> None:
    with pytest.raises(CompilerError, match=r"^var most: '.*' is no whole number from 1 on; "):
        call("number_var", "most", 1, None, True, most=given)


@pytest.mark.parametrize("given", [[28, 91, 182], [1]])
def test_windows_are_a_list_of_days(given: list[int]) -> None:
    assert call("recent_windows", recent_windows=given) == given


@pytest.mark.parametrize("given", [28, "28", "28, 91", [], [0, 28], [28, 28], [1.5], ["28"], None])
def test_other_windows_are_an_error(given: object) -> None:
    with pytest.raises(CompilerError, match=r"^var recent_windows: '.*' is no list of days, "):
        call("recent_windows", recent_windows=given)
