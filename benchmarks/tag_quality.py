"""How good the local tagger's tags are, and what reading only what an edit concerns misses.

    python -m benchmarks.tag_quality [--data ../shared/data]

1. nhs_fft (3,130 real answers to a health-service survey; not part of this repository: the
   benchmark says so and leaves it out where it is absent), with a throw-away taxonomy of nothing
   but its label names, at both levels. Beside it the baseline: the one label whose name is
   nearest to the text, by the same model. Then both levels as one taxonomy, judged by top
   category (what a sub-category says counts for its parent), and level 1 with descriptions and
   examples that were written from the label names.
2. The demo's feedback with the demo's taxonomy, by top category, beside the same baseline.
3. After an edit of each category in turn (another description, one example fewer): how many
   texts are read again, and to how many of those that a full reading would have given or taken
   the edited category.

`docs/tagging.md` has the figures, and what was tried to raise them.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.tag_calibration import NHS
from python_jobs.jobs.nearness import NEAREST, ranked
from python_jobs.providers.base import Category, Taxonomy
from python_jobs.providers.local import model, tagger
from python_jobs.providers.local.tagger import LocalTagger
from python_jobs.providers.local.words import shared_words
from python_jobs.providers.prototypes import category_texts, prototype
from python_jobs.reporting.tag_scores import Scores, score

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
EDITED_TEXTS = 1_500
Labels = list[frozenset[str]]

# The demo's planted themes in the words of its taxonomy; what is left out belongs nowhere.
THEMES = {
    "app": "app_and_website",
    "webshop": "app_and_website",
    "payment": "app_and_website",
    "comfort": "comfort",
    "insoles.arch_support": "comfort",
    "delivery": "delivery",
    "durability": "product_quality",
    "grip_sole": "product_quality",
    "insoles.slip_squeak": "product_quality",
    "warmth": "product_quality",
    "waterproofing": "product_quality",
    "smell": "product_quality",
    "looks": "look_and_style",
    "price": "price_and_value",
    "repair": "repair_and_sustainability",
    "returns": "returns",
    "sizing": "sizing_and_fit",
    "kids.kids_sizing": "sizing_and_fit",
    "app.push_spam": "customer_service",
    "loyalty": "customer_service",
    "stores": "customer_service",
    "support": "customer_service",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("..", "shared", "data"))
    folder: Path = parser.parse_args().data / "nhs_fft"
    if folder.is_dir():
        nhs(folder)
    else:
        print(f"nhs_fft left out: there is no {folder}", file=sys.stderr)
    demo()


def nhs(folder: Path) -> None:
    texts, level_1, level_2 = read_nhs(folder)
    print(f"nhs_fft, {len(texts):,} texts, label names as taxonomy:")
    for level, labels in (("level 1", level_1), ("level 2", level_2)):
        bare = Taxonomy(tuple(Category(name) for name in sorted(frozenset().union(*labels))))
        report(f"{level}, {len(bare.names)} labels", bare, texts, labels)
    parents = parents_of(level_1, level_2)
    tops = sorted(frozenset().union(*level_1))
    tree = [Category(name) for name in tops]
    tree += [Category(name, parent=top) for name, top in sorted(parents.items())]
    print(f"  both levels, {len(tree)} labels, by top category")
    by_top(Taxonomy(tuple(tree)), parents | {top: top for top in tops}, texts, level_1)
    print("nhs_fft, descriptions and examples:")
    written = Taxonomy(NHS)
    report(f"level 1, {len(written.names)} labels", written, texts, level_1)
    rereading("nhs_fft", written, texts)


def demo() -> None:
    taxonomy, top = demo_taxonomy()
    texts, labels = read_demo()
    print(f"demo, {len(texts):,} texts, by top category:")
    by_top(taxonomy, top, texts, labels)
    rereading("demo", taxonomy, texts)


def report(title: str, taxonomy: Taxonomy, texts: Sequence[str], labels: Labels) -> None:
    print(f"  {title}")
    show("the local tagger", score(taxonomy.names, labels, tagged(texts, taxonomy)))
    show("nearest label name", score(taxonomy.names, labels, by_name(texts, taxonomy)))


def by_top(
    taxonomy: Taxonomy, top: Mapping[str, str], texts: Sequence[str], labels: Labels
) -> None:
    names = sorted(set(top.values()))
    for who, found in (("the local tagger", tagged), ("nearest label name", by_name)):
        given = [frozenset(top[name] for name in each) for each in found(texts, taxonomy)]
        show(who, score(names, labels, given))


def parents_of(level_1: Labels, level_2: Labels) -> dict[str, str]:
    """The level-1 label that stands beside each level-2 label most often.

    The labels do not say which belongs to which; texts with one of each tell it best. Names that
    both levels have are left out.
    """
    beside: dict[str, Counter[str]] = defaultdict(Counter)
    for tops, names in zip(level_1, level_2, strict=True):
        for name in names:
            beside[name].update(dict.fromkeys(tops, 1000 if len(tops) == len(names) == 1 else 1))
    tops = frozenset().union(*level_1)
    return {name: count.most_common(1)[0][0] for name, count in beside.items() if name not in tops}


def show(who: str, scores: Scores) -> None:
    micro, macro = scores.micro, scores.macro
    print(
        f"    {who:20s} micro-F1 {micro.f1 or 0:.3f}  macro-F1 {macro.f1 or 0:.3f}  "
        f"precision {micro.precision or 0:.3f}  recall {micro.recall or 0:.3f}"
    )


def tagged(texts: Sequence[str], taxonomy: Taxonomy) -> Labels:
    items = [(str(number), text) for number, text in enumerate(texts)]
    results = LocalTagger().tag_batch(items, taxonomy).results
    return [frozenset(tag.category for tag in result.tags) for result in results]


def by_name(texts: Sequence[str], taxonomy: Taxonomy) -> Labels:
    """The baseline: always the one category whose name is nearest."""
    embed = model.load().embed
    names = embed([name.replace("_", " ") for name in taxonomy.names])
    nearest = (whole(tuple(texts)) @ names.T).argmax(axis=1)
    return [frozenset([taxonomy.names[place]]) for place in nearest]


@lru_cache(maxsize=2)
def whole(texts: tuple[str, ...]) -> NDArray[np.float32]:
    """The texts' vectors."""
    return model.load().embed(texts)


def rereading(title: str, taxonomy: Taxonomy, texts: Sequence[str]) -> None:
    """What an edit of each category in turn costs and misses."""
    some = list(texts)[:: max(1, len(texts) // EDITED_TEXTS)]
    embed = model.load().embed
    vectors = embed(some)
    pieces = [tagger.sentences(text) for text in some]
    sentences = embed([piece for group in pieces for piece in group])
    starts = np.cumsum([0, *(len(group) for group in pieces[:-1])])

    def read(now: Taxonomy) -> NDArray[np.bool_]:
        cosines = np.maximum.reduceat(sentences @ tagger.directions(now).T, starts)
        return tagger.decided(tagger.combined(cosines, shared_words(some, now)))

    before = read(taxonomy)
    again = changes = caught = elsewhere = 0
    for place in range(len(taxonomy.categories)):
        edited = edit(taxonomy, place)
        after = read(edited)
        own = [prototype(embed(category_texts(each))) for each in edited.categories]
        near = ranked(vectors, np.stack(own))[:, place] < NEAREST
        concerned = before[:, place] | ~before.any(axis=1) | near
        changed = before[:, place] != after[:, place]
        again += int(concerned.sum())
        changes += int(changed.sum())
        caught += int((changed & concerned).sum())
        elsewhere += int(((before != after).any(axis=1) & ~changed & ~concerned).sum())
    readings = len(some) * len(taxonomy.categories)
    print(
        f"  {title}, an edit of each category, {len(some):,} texts: {again / readings:.0%} are "
        f"read again, {caught / changes:.1%} of {changes:,} changes of the edited category are "
        f"found;\n    another category would have moved, with the taxonomy's mean, for "
        f"{elsewhere / readings:.1%} of the texts"
    )


def edit(taxonomy: Taxonomy, place: int) -> Taxonomy:
    """Half of the description, one example fewer."""
    entry = taxonomy.categories[place]
    words = entry.description.split()
    changed = replace(
        entry,
        description=" ".join(words[: len(words) // 2 + 1]),
        examples=entry.examples[1:],
        category_hash="",
    )
    entries = list(taxonomy.categories)
    entries[place] = changed
    return Taxonomy(tuple(entries))


def read_nhs(folder: Path) -> tuple[list[str], Labels, Labels]:
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        labels = {row["feedback_id"]: row for row in csv.DictReader(file)}
    with (folder / "feedback.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["feedback_id"] in labels]
    found = [labels[row["feedback_id"]] for row in rows]
    return (
        [row["feedback_text"] for row in rows],
        [frozenset(row["label_l1"].split("|")) for row in found],
        [frozenset(row["label_l2"].split("|")) for row in found],
    )


def demo_taxonomy() -> tuple[Taxonomy, Mapping[str, str]]:
    """The seed's active categories, and the top category of each."""
    seed = ROOT / "dbt_project" / "seeds" / "tag_categories.csv"
    with seed.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["active"] == "true"]
    entries = tuple(
        Category(
            row["category"],
            row["description"],
            tuple(part.strip() for part in row["examples"].split("|") if part.strip()),
            row["parent"] or None,
        )
        for row in rows
    )
    return Taxonomy(entries), {row["category"]: row["parent"] or row["category"] for row in rows}


def read_demo() -> tuple[list[str], Labels]:
    truth = json.loads((ROOT / "demo" / "truth.json").read_text(encoding="utf-8"))["labels"]
    with (ROOT / "demo" / "feedback.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    labels = []
    for row in rows:
        themes = [theme for theme, _ in truth[row["feedback_id"]][1]]
        known = (THEMES.get(theme, THEMES.get(theme.split(".")[0])) for theme in themes)
        labels.append(frozenset(name for name in known if name))
    return [row["feedback_text"] for row in rows], labels


if __name__ == "__main__":
    main()
