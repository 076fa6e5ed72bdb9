"""Whether a published tree still fits what comes in: what did not fit, and how much was added.

Measured on trees made from a part of a set (nhs_fft, the demo, clinc150; both methods): with the
other fifth, drawn at random, no alarm in ten; with 150 requests of a domain that the tree had never
seen among 1,180, an alarm in three of four, and with 285 out-of-scope ones among 1,430 in both.
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
        count_feedback: feedback that says the texts.
    """

    count_texts: int
    count_noise_texts: int
    count_feedback: int


@dataclass(frozen=True)
class Drift:
    """How far what was assigned has moved from the run.

    Attributes:
        noise_share: of the assigned texts, those that fit nowhere.
        expected_noise_share: the same of the run's own members, by the same rule.
        added_share: assigned feedback over the run's feedback.
        reason: why a full run is recommended; None where it is not.
    """

    noise_share: float
    expected_noise_share: float
    added_share: float
    reason: str | None


def drift(added: Added, rule: Rule, *, run_feedback: int, min_cluster_size: int) -> Drift:
    """Compare what was assigned with the run.

    Texts are counted, not feedback: a text that a hundred customers send is one observation. The
    share that does not fit is clearly above the run's own where the pooled z statistic of two
    proportions is above `DEVIATIONS`, and the surplus could be a cluster of its own.

    Args:
        added: everything assigned to the run so far.
        rule: what the run's own members say of fitting.
        run_feedback: feedback that the run was made from.
        min_cluster_size: fewest texts of a cluster in the run.
    """
    share = added.count_noise_texts / added.count_texts if added.count_texts else 0.0
    growth = added.count_feedback / run_feedback if run_feedback else 0.0
    surplus = added.count_noise_texts - rule.noise_share * added.count_texts
    reasons = []
    if surplus >= min_cluster_size and _deviations(added, rule) > DEVIATIONS:
        reasons.append(
            f"{share:.1%} of the texts assigned since fit nowhere, "
            f"where {rule.noise_share:.1%} were to be expected"
        )
    if growth > GROWTH:
        reasons.append(f"feedback assigned since is {growth:.0%} of what the run was made from")
    return Drift(share, rule.noise_share, growth, "; ".join(reasons) or None)


def _deviations(added: Added, rule: Rule) -> float:
    """The z statistic of "as many fit nowhere as among the own members"; 0 if none varies."""
    new, own = added.count_texts, rule.count_judged
    pooled = (added.count_noise_texts + rule.noise_share * own) / (new + own)
    error = sqrt(pooled * (1 - pooled) * (1 / new + 1 / max(own, 1)))
    excess = added.count_noise_texts / new - rule.noise_share
    return excess / error if error else 0.0
