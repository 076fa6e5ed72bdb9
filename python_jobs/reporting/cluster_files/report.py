"""`summary_report.txt`: the run in words, for people, in 100 columns."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from python_jobs.reporting.cluster_files.folder import new_file
from python_jobs.reporting.terminal import short

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_jobs.reporting.cluster_files.contents import Contents, Segment

WIDTH = 100
KEYWORDS = 6
QUOTE = 160
_LABEL = 22


def write_report(path: Path, given: Contents, files: tuple[str, ...] = ()) -> None:
    """The parameters, the counts, the tree and the notes; `files` are named at the end."""
    with new_file(path) as file:
        file.write("\n".join(_lines(given, files)) + "\n")


def _lines(given: Contents, files: tuple[str, ...]) -> Iterator[str]:
    yield from _heading("CLUSTERS OF FEEDBACK", "=")
    yield from _counts(given)
    yield from _heading("HOW IT WAS MADE")
    yield from _making(given)
    yield from _heading("SEGMENTS")
    yield from _tree(given)
    if given.tree.notes:
        yield from _heading("NOTES")
        for note in given.tree.notes:
            yield from textwrap.wrap(note, WIDTH, initial_indent="- ", subsequent_indent="  ")
    yield from _heading("HOW TO READ IT")
    yield from _reading()
    if files:
        yield from _heading("FILES OF THIS RUN")
        yield from files


def _heading(words: str, line: str = "-") -> tuple[str, ...]:
    return (words, line * len(words)) if line == "=" else ("", words, line * len(words))


def _counts(given: Contents) -> Iterator[str]:
    feedback, texts = len(given.feedback), len(given.texts.hashes)
    proper = [each for each in given.segments if not each.is_noise]
    top = sum(each.depth == 1 for each in proper)
    noise = round(given.noise_share * feedback)
    rated = [each.rating for each in given.feedback if each.rating is not None]
    days = sorted(each.created_at for each in given.feedback if each.created_at is not None)
    yield _fact("made", f"{given.about.made_at:%Y-%m-%d %H:%M:%S} UTC")
    if given.about.file:
        yield _fact("from the file", short(given.about.file, WIDTH - _LABEL))
    yield _fact("feedback", f"{feedback:,}" + _span(given))
    if given.about.left_out:
        yield _fact("left out", given.about.left_out)
    if days:
        yield _fact("given", f"{days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}")
    yield _fact("distinct texts", f"{texts:,} ({feedback - texts:,} said the same as another)")
    yield _fact("segments", f"{top} at level 1, {len(proper) - top} below")
    yield _fact("in a segment", f"{feedback - noise:,} feedback, {1 - given.noise_share:.1%}")
    yield _fact("in none (noise)", f"{noise:,} feedback, {given.noise_share:.1%}")
    if rated:
        mean = sum(rated) / len(rated)
        yield _fact("mean rating", f"{mean:.2f} of 5, by {len(rated):,} feedback with a rating")


def _span(given: Contents) -> str:
    about = given.about
    parts = []
    if about.start or about.end:
        parts.append(f"asked for: {about.start or 'the first'} to {about.end or 'the last'}")
    if about.limit is not None:
        parts.append(f"the latest {about.limit:,} texts at most")
    return f" ({'; '.join(parts)})" if parts else ""


def _making(given: Contents) -> Iterator[str]:
    about = given.about
    yield _fact("vectors", f"{about.model}, {about.dimensions} dimensions")
    yield _fact("method", about.method)
    yield _fact("names", f"by {about.named_by}")
    asked = given.tree.parameters.to_dict()
    for name, value in asked.items():
        effective = given.tree.effective.get(name, value)
        shown = f"{value}" if value == effective else f"automatic: {effective}"
        yield _fact(name, "automatic" if effective is None else shown)
    for name, value in given.tree.effective.items():
        if name not in asked and name != "method":
            yield _fact(name, _plain(value))
    versions = ", ".join(f"{name} {version}" for name, version in given.tree.versions.items())
    yield from textwrap.wrap(
        versions,
        WIDTH,
        initial_indent=f"{'versions':<{_LABEL}}",
        subsequent_indent=" " * _LABEL,
        break_on_hyphens=False,
    )


def _tree(given: Contents) -> Iterator[str]:
    if not given.segments:
        yield "none: there was no feedback to cluster"
    for segment in given.segments:
        yield from _segment(segment)


def _segment(segment: Segment) -> Iterator[str]:
    indent = "    " * (segment.depth - 1)
    if segment.depth == 1:
        yield ""
    name = short(segment.name, WIDTH - len(indent) - len(segment.path) - 2)
    yield f"{indent}{segment.path}  {name}"
    inner = f"{indent}    "
    figures = [f"{segment.count_feedback:,} feedback", f"{segment.share:.1%} of all"]
    if segment.depth > 1:
        figures.append(f"{segment.share_of_parent:.1%} of its parent")
    if segment.count_texts != segment.count_feedback:
        figures.append(f"{segment.count_texts:,} texts")
    if segment.mean_rating is not None:
        figures.append(f"rating {segment.mean_rating:.2f} ({segment.count_rated:,})")
    if segment.stability is not None:
        figures.append(f"stability {segment.stability:.2f}")
    yield inner + " · ".join(figures)
    if segment.keywords:
        yield inner + short(", ".join(segment.keywords[:KEYWORDS]), WIDTH - len(inner))
    if segment.exemplars:
        quote = f"“{short(segment.exemplars[0], QUOTE)}”"
        yield from textwrap.wrap(quote, WIDTH, initial_indent=inner, subsequent_indent=inner)


def _reading() -> Iterator[str]:
    for line in (
        "A path names a place in the tree: root.0 is the largest segment, root.0.1 the second "
        "largest part of it, root.noise what was like no group, root.0.noise what is in root.0 "
        "but in none of its parts.",
        "Sizes count every feedback, also those that say the same; density counts a text once.",
        "Stability is how surely a segment is found again when a fifth of the texts is left out: "
        "from 0.75 on it is stable, below 0.5 it dissolves.",
        "Names are made from keywords; the quote is the text in the middle of the segment.",
        "In the CSV files an apostrophe stands before a text that a spreadsheet would otherwise "
        "run as a formula.",
    ):
        yield from textwrap.wrap(line, WIDTH, initial_indent="- ", subsequent_indent="  ")


def _fact(name: str, value: str) -> str:
    return f"{name:<{_LABEL}}{value}"


def _plain(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)
