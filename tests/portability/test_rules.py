"""Each rule finds its bad examples and leaves its good ones alone."""

from __future__ import annotations

import pytest

from tests.portability.flow_rules import FLOW_RULES
from tests.portability.rules import Code, Rule, findings
from tests.portability.token_rules import TOKEN_RULES
from tests.portability.tree_rules import TREE_RULES

RULES = TOKEN_RULES + TREE_RULES + FLOW_RULES


def examples(kind: str) -> list[object]:
    return [
        pytest.param(rule, example, id=f"{rule.name}-{number}")
        for rule in RULES
        for number, example in enumerate(getattr(rule, kind))
    ]


@pytest.mark.parametrize(("rule", "example"), examples("bad"))
def test_a_rule_finds_its_bad_examples(rule: Rule, example: str) -> None:
    assert list(rule.find(Code(example)))


@pytest.mark.parametrize(("rule", "example"), examples("good"))
def test_no_rule_objects_to_a_good_example(rule: Rule, example: str) -> None:
    found = [str(each) for each in findings(rule.name, example, [rule])]
    assert not found


def test_names_are_unique() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
