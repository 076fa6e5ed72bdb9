"""Fit and judge the constants of the local tagger on labelled texts.

    python -m benchmarks.tag_calibration [--data ../shared/data]

Data (not part of this repository; the benchmark says so and stops where it is absent):
- nhs_fft: 3,130 real answers to a health-service survey, several labels each. The taxonomy
  below was written from the label names, without looking at the answers.
- clinc150: short requests with one intent each; taxonomies of 5 to 150 intents, each with three
  examples from the training split, show whether the constants hold for other sizes.

The confidence is logistic(SLOPE · score − ln n + INTERCEPT). Half of the nhs_fft answers and
half of the clinc150 requests fit the constants and choose the limits (the real feedback weighs
70%); every figure is of the other halves. ECE is the expected calibration error over ten bins of
confidence.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from python_jobs.providers.base import Category, Taxonomy
from python_jobs.providers.local import model, tagger

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Floats = NDArray[np.float64]
REAL_SHARE = 0.7
CLINC_SIZES = (5, 20, 50, 150)
CLINC_TEXTS = 1500
THRESHOLDS = (0.2, 0.225, 0.25, 0.275, 0.3, 0.325, 0.35)
LEASTS = (0.05, 0.1, 0.15, 0.2, 0.25)
NHS = (
    Category(
        "General",
        "Overall praise or complaint about the service without naming any particular aspect.",
        ("Excellent service, thank you.", "Very happy with everything.", "Would not recommend."),
    ),
    Category(
        "Staff",
        "The people: how friendly, caring, professional and competent staff are, and whether "
        "there are enough of them.",
        ("The nurse was kind and caring.", "The receptionist was rude to me."),
    ),
    Category(
        "Access to medical care & support",
        "Getting care in time: waiting times, appointments, getting through on the phone.",
        ("I waited three hours for a call back.", "Seen quickly and on time."),
    ),
    Category(
        "Communication & involvement",
        "Being listened to, informed and involved; clear explanations and information.",
        ("They listened and explained everything.", "Nobody told me what was happening."),
    ),
    Category(
        "Patient journey & service coordination",
        "Diagnosis, referral, treatment and coordination between services, discharge.",
        ("The hospital had no record of my referral.", "Sent from one department to another."),
    ),
    Category(
        "Service location, travel & transport",
        "Getting to and from the service: ambulance and transport, driving, parking.",
        ("The transport was late to take me home.", "The driver was careful."),
    ),
    Category(
        "Environment & equipment",
        "Buildings, rooms, vehicles, cleanliness, comfort, noise and equipment.",
        ("The ward was clean and tidy.", "The ambulance was cold and uncomfortable."),
    ),
    Category(
        "Food & diet",
        "Meals, drinks and diet.",
        ("The food was cold and tasteless.", "I was offered a cup of tea."),
    ),
    Category(
        "Medication",
        "Medicines, prescriptions, side effects and pain relief.",
        ("My prescription was not ready.", "Nobody explained my tablets."),
    ),
    Category(
        "Activities",
        "Things to do: activities, exercise, fresh air, entertainment.",
        ("More activities at weekends.", "We never get to go outside."),
    ),
    Category(
        "Mental Health specifics",
        "Being detained, the Mental Health Act, care plans and leave on a mental health ward.",
        ("I was sectioned without an explanation.", "My leave was cancelled."),
    ),
)
POSITIVE = (
    "I am very happy with this, thank you so much.",
    "Excellent, I love it and would recommend it to everyone.",
    "The staff were friendly, kind and very helpful.",
    "Great quality, comfortable and exactly what I wanted.",
    "Sehr zufrieden, ausgezeichnet, gerne wieder.",
    "Très satisfait, excellent, je recommande.",
)
NEGATIVE = (
    "I am very unhappy with this and want my money back.",
    "Terrible, I hate it and would not recommend it to anyone.",
    "The staff were rude, unhelpful and did not care.",
    "Poor quality, uncomfortable and not what I wanted.",
    "Sehr enttäuscht, schlecht, nie wieder.",
    "Très déçu, mauvais, je ne recommande pas.",
)


@dataclass(frozen=True)
class Case:
    """Scores and truth, both of shape (texts, categories)."""

    name: str
    weight: float
    scores: Floats
    truth: NDArray[np.bool_]

    def half(self, which: int) -> Case:
        return Case(self.name, self.weight, self.scores[which::2], self.truth[which::2])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("..", "shared", "data"))
    data: Path = parser.parse_args().data
    if not (data / "nhs_fft").is_dir() or not (data / "clinc150").is_dir():
        print(f"skipped: there is no labelled data in {data}", file=sys.stderr)
        return
    texts, labels, moods = read_nhs(data / "nhs_fft")
    cases = [nhs_case("nhs, descriptions and examples", texts, labels, NHS)]
    bare = tuple(Category(category.category, category.description) for category in NHS)
    cases.append(nhs_case("nhs, descriptions only", texts, labels, bare))
    cases += clinc_cases(data / "clinc150")
    slope, intercept = fit([case.half(0) for case in cases])
    print(f"fitted    SLOPE {slope:.2f}  INTERCEPT {intercept:.2f}")
    print(f"in use    SLOPE {tagger.SLOPE}  INTERCEPT {tagger.INTERCEPT}")
    print(f"in use    THRESHOLD {tagger.THRESHOLD}  LEAST {tagger.LEAST}")
    for line in limits([case.half(0) for case in cases]):
        print(line)
    print("held-out halves, with the constants in use:")
    names = tuple(Category(category.category) for category in NHS)
    unfitted = nhs_case("nhs, label names only", texts, labels, names)
    for case in [*cases, unfitted]:
        print(judge(case.half(1)))
    print(sentiment(texts, moods))
    print(speed(texts))


def read_nhs(folder: Path) -> tuple[list[str], list[set[str]], list[str]]:
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        labels = {row["feedback_id"]: row for row in csv.DictReader(file)}
    with (folder / "feedback.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["feedback_id"] in labels]
    random.Random(0).shuffle(rows)
    found = [labels[row["feedback_id"]] for row in rows]
    return (
        [row["feedback_text"] for row in rows],
        [set(row["label_l1"].split("|")) for row in found],
        [row["sentiment_1pos_5neg"] for row in found],
    )


def nhs_case(
    name: str, texts: Sequence[str], labels: Sequence[set[str]], categories: tuple[Category, ...]
) -> Case:
    truth = np.array([[entry.category in given for entry in categories] for given in labels])
    scores = tagger.similarities(texts, Taxonomy(categories)).astype(np.float64)
    return Case(name, REAL_SHARE / 2, scores, truth)


def clinc_cases(folder: Path) -> Iterator[Case]:
    with (folder / "feedback.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    chance = random.Random(1)
    intents = sorted({row["label_l2"] for row in rows} - {"oos"})
    test = chance.sample([row for row in rows if row["split"] == "test"], CLINC_TEXTS)
    for size in CLINC_SIZES:
        chosen = chance.sample(intents, size)
        taxonomy = Taxonomy(tuple(_intent(intent, rows, chance) for intent in chosen))
        near = [row for row in test if row["label_l2"] in chosen]
        far = [row for row in test if row["label_l2"] not in chosen][: max(100, len(near))]
        used = chance.sample(near + far, len(near) + len(far))
        scores = tagger.similarities([row["feedback_text"] for row in used], taxonomy)
        truth = np.array([[row["label_l2"] == intent for intent in chosen] for row in used])
        weight = (1 - REAL_SHARE) / len(CLINC_SIZES)
        yield Case(f"clinc, {size} intents", weight, scores.astype(np.float64), truth)


def _intent(intent: str, rows: Sequence[dict[str, str]], chance: random.Random) -> Category:
    own = [row for row in rows if row["label_l2"] == intent and row["split"] == "train"]
    return Category(intent, "", tuple(row["feedback_text"] for row in chance.sample(own, 3)))


def fit(cases: Sequence[Case]) -> tuple[float, float]:
    """Weighted logistic regression on the score with the offset −ln n, by Newton's method."""
    scores = np.concatenate([case.scores.ravel() for case in cases])
    truth = np.concatenate([case.truth.ravel() for case in cases]).astype(float)
    sizes = [case.scores.size for case in cases]
    offset = np.repeat([-np.log(case.scores.shape[1]) for case in cases], sizes)
    weight = np.repeat([case.weight / len(case.scores) for case in cases], sizes)
    design = np.column_stack([scores, np.ones_like(scores)])
    theta = np.zeros(2)
    for _ in range(50):
        chance = 1 / (1 + np.exp(-(design @ theta + offset)))
        gradient = design.T @ (weight * (truth - chance))
        hessian = (design.T * (weight * chance * (1 - chance))) @ design
        theta += np.linalg.solve(hessian, gradient)
    return float(theta[0]), float(theta[1])


def limits(cases: Sequence[Case]) -> list[str]:
    """The best limits of those tried, by micro-F1 as `fit` weighs the cases."""
    tried = []
    for threshold in THRESHOLDS:
        for least in LEASTS:
            micro = 0.0
            for case in cases:
                given = tagger.decided(case.scores.astype(np.float32), threshold, least)
                micro += case.weight * micro_f1(given, case.truth)
            tried.append((micro / sum(case.weight for case in cases), threshold, least))
    best = sorted(tried, reverse=True)[:3]
    return [f"tried     THRESHOLD {t}  LEAST {least}  micro-F1 {f:.3f}" for f, t, least in best]


def micro_f1(given: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    return float(2 * (given & truth).sum() / (given.sum() + truth.sum()))


def judge(case: Case) -> str:
    scores = case.scores.astype(np.float32)
    chances, given = tagger.confidences(scores), tagger.decided(scores)
    hits = int((given & case.truth).sum())
    precision, recall = hits / max(1, given.sum()), hits / case.truth.sum()
    by_category = [
        2 * (given[:, c] & case.truth[:, c]).sum() / (given[:, c].sum() + case.truth[:, c].sum())
        for c in range(given.shape[1])
        if case.truth[:, c].any()
    ]
    bins = np.minimum((chances * 10).astype(int), 9)
    error = sum(
        abs(chances[bins == b].mean() - case.truth[bins == b].mean()) * (bins == b).mean()
        for b in range(10)
        if (bins == b).any()
    )
    micro = micro_f1(given, case.truth)
    return (
        f"  {case.name:32s} precision {precision:.2f}  recall {recall:.2f}  micro-F1 {micro:.2f}"
        f"  macro-F1 {np.mean(by_category):.2f}  ECE {error:.3f}"
    )


def sentiment(texts: Sequence[str], moods: Sequence[str]) -> str:
    """How well nearness to good and bad sentences tells "1" from "4" and "5"."""
    loaded = model.load()
    axis = loaded.embed(POSITIVE).mean(axis=0) - loaded.embed(NEGATIVE).mean(axis=0)
    clear = [at for at, mood in enumerate(moods) if mood in ("1", "4", "5")]
    good = np.array([moods[at] == "1" for at in clear])
    scores = loaded.embed([texts[at] for at in clear]) @ axis
    best = max(
        (np.mean(scores[good] >= limit) + np.mean(scores[~good] < limit)) / 2
        for limit in np.quantile(scores, np.linspace(0.02, 0.98, 97))
    )
    return f"sentiment by anchors: balanced accuracy at the best limit {best:.2f} (not in use)"


def speed(texts: Sequence[str]) -> str:
    loaded, some = model.load(), texts[:1000]
    start = time.perf_counter()
    for at in range(0, len(some), 100):
        loaded.embed(some[at : at + 100])
    rate = len(some) / (time.perf_counter() - start)
    return f"embedding: {rate:.0f} texts/s in batches of 100"


if __name__ == "__main__":
    main()
