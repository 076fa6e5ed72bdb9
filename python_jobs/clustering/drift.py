"""Whether a published tree still fits what comes in: what did not fit, and how much was added.

`benchmarks/assigning.py` measures it on trees made from a part of a set.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from python_jobs.clustering.assign import Rule

DEVIATIONS = 3.0
"""Standard errors between what did not fit and what was to be expected: by chance, one look in 700
says so."""
GROWTH = 0.25
"""Feedback assigned since, as a share of the run's: above it, clusters and their sizes, keywords
and names speak of another set than the one shown."""


@dataclass(frozen=True)
class Added:
    """All that was assigned to a run so far.

    Attributes:
        count_texts: texts.
        count_noise_texts: those of them that fit nowhere.
        count_far_texts: those that are far from the run's members (`Rule.far`).
        count_feedback: feedback that says the texts.
    """

    count_texts: int
    count_noise_texts: int
    count_far_texts: int
    count_feedback: int


@dataclass(frozen=True)
class Drift:
    """How far what was assigned has moved from the run.

    Attributes:
        noise_share: of the assigned texts, those that fit nowhere.
        expected_noise_share: the same of the run's own members, by the same rule.
        far_share: of the assigned texts, those that are far from the run's members.
        expected_far_share: the same of the run's own members, from each other.
        added_share: assigned feedback over the run's feedback.
        reason: why a full run is recommended; None where it is not.
    """

    noise_share: float
    expected_noise_share: float
    far_share: float
    expected_far_share: float
    added_share: float
    reason: str | None


def drift(added: Added, rule: Rule, *, run_feedback: int, min_cluster_size: int) -> Drift:
    """Compare what was assigned with the run.

    Texts are counted, not feedback: a text that a hundred customers send is one observation. A
    share is clearly above the run's own where the pooled z statistic of two proportions is above
    `DEVIATIONS`, and the surplus of texts could be a cluster of its own.

    Args:
        added: everything assigned to the run so far.
        rule: what the run's own members say of fitting.
        run_feedback: feedback that the run was made from.
        min_cluster_size: fewest texts of a cluster in the run.
    """

    def is_above(count: int, expected: float) -> bool:
        surplus = count - expected * added.count_texts
        return (
            surplus >= min_cluster_size and _deviations(count, added, rule, expected) > DEVIATIONS
        )

    noise = added.count_noise_texts / added.count_texts if added.count_texts else 0.0
    far = added.count_far_texts / added.count_texts if added.count_texts else 0.0
    growth = added.count_feedback / run_feedback if run_feedback else 0.0
    reasons = []
    if is_above(added.count_noise_texts, rule.noise_share):
        reasons.append(
            f"{noise:.1%} of the texts assigned since fit nowhere, "
            f"where {rule.noise_share:.1%} were to be expected"
        )
    if is_above(added.count_far_texts, rule.far_share):
        reasons.append(
            f"{far:.1%} of the texts assigned since are as far from the run's texts as "
            f"{rule.far_share:.1%} of these are from each other"
        )
    if growth > GROWTH:
        reasons.append(f"feedback assigned since is {growth:.0%} of what the run was made from")
    return Drift(noise, rule.noise_share, far, rule.far_share, growth, "; ".join(reasons) or None)


def _deviations(count: int, added: Added, rule: Rule, expected: float) -> float:
    """The z statistic of "the same share as among the own members"; 0 if nothing varies."""
    new, own = added.count_texts, rule.count_judged
    pooled = (count + expected * own) / (new + own)
    error = sqrt(pooled * (1 - pooled) * (1 / new + 1 / max(own, 1)))
    return (count / new - expected) / error if error else 0.0
