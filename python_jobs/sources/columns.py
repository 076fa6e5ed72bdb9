"""Which column of a file is which: headings, `--map`, and errors that say what to type."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from python_jobs.errors import UsageError
from python_jobs.sources.options import FIVE_STARS, ReadOptions
from python_jobs.sources.rows import UnusableValueError
from python_jobs.sources.values import created_at_reader

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

FIELDS = ("feedback_id", "created_at", "source", "product", "rating", "feedback_text")

# Headings people use. They only feed suggestions: a column is never taken by guess.
_OFTEN_CALLED = {
    "feedback_id": ("id", "review id", "uuid", "response id", "ticket id", "comment id", "key"),
    "created_at": ("date", "timestamp", "time", "created", "submitted at", "review date"),
    "source": ("channel", "origin", "platform"),
    "product": ("item", "sku", "product name", "article"),
    "rating": ("stars", "score", "nps", "points"),
    "feedback_text": ("text", "comment", "review", "body", "message", "feedback", "review text"),
}
_MOST_SHOWN = 30
_LONGEST_SHOWN = 40
_LONGEST_HEADING = 100


def parse_column_map(pairs: Sequence[str]) -> dict[str, str]:
    """Read `theirs=ours` pairs.

    Raises:
        UsageError: a pair has no `=`, names no column of ours, or repeats one.
    """
    mapping: dict[str, str] = {}
    for pair in pairs:
        theirs, equals, ours = pair.rpartition("=")
        theirs, ours = theirs.strip(), ours.strip().casefold()
        if not equals or not theirs:
            raise UsageError(
                f"--map {pair!r} is not THEIRS=OURS", hint="as in --map 'Review Text=feedback_text'"
            )
        if ours not in FIELDS:
            near = get_close_matches(ours, FIELDS, 1, 0.5) or ["feedback_text"]
            raise UsageError(
                f"--map {pair!r}: there is no column {ours!r} to fill; "
                f"there are {', '.join(FIELDS)}",
                hint=f"did you mean --map '{theirs}={near[0]}'?",
            )
        if theirs in mapping or ours in mapping.values():
            raise UsageError(
                f"--map {pair!r}: {theirs!r} or {ours} is mapped already",
                hint="give each heading and each of our columns once",
            )
        mapping[theirs] = ours
    return mapping


def assign(headings: Collection[str], mapping: Mapping[str, str]) -> dict[str, str | None]:
    """Say which field each heading fills; None where it is an attribute.

    Case and surrounding spaces do not count. `--map` comes first: a heading that would fill a
    field which is mapped to another column stays as an attribute.

    Raises:
        UnusableValueError: two headings fill the same field.
    """
    chosen: dict[str, str] = {}
    for theirs, ours in mapping.items():
        found = _find(theirs, headings)
        if len(found) > 1:
            raise UnusableValueError(f"two columns for {ours}")
        chosen |= dict.fromkeys(found, ours)
    mapped = set(mapping.values())
    targets: dict[str, str | None] = {}
    for heading in headings:
        own = heading.strip().casefold()
        field = chosen.get(heading) or (own if own in FIELDS and own not in mapped else None)
        if field and field in targets.values():
            raise UnusableValueError(f"two columns for {field}")
        targets[heading] = field
    return targets


def _find(theirs: str, headings: Collection[str]) -> list[str]:
    exact = [heading for heading in headings if heading.strip() == theirs]
    return exact or [each for each in headings if each.strip().casefold() == theirs.casefold()]


def check_headings(headings: Sequence[str], options: ReadOptions, name: str) -> None:
    """Refuse headings that leave open which column is which.

    Args:
        headings: all of the file's, in its order.
        options: for the column map and the rating scale.
        name: the file's, for the message.

    Raises:
        UsageError: a heading twice, a required column absent, or a `--map` that fits none.
    """
    trimmed = [heading.strip() for heading in headings]
    twice = sorted({each for each in trimmed if trimmed.count(each) > 1})
    if twice:
        raise UsageError(
            f"{name} has more than one column {_shown(twice)}",
            hint="rename or remove one of them in the file",
        )
    try:
        targets = assign(headings, options.column_map)
    except UnusableValueError as problem:
        raise UsageError(
            f"{name} has {problem}; columns found: {_shown(trimmed)}",
            hint="headings match whatever their case: rename one of the two in the file",
        ) from None
    check_map(trimmed, options, name)
    check_required({field for field in targets.values() if field}, trimmed, options, name)


def check_map(headings: Sequence[str], options: ReadOptions, name: str) -> None:
    """Refuse a `--map` of a heading that the file lacks.

    Raises:
        UsageError: with the headings that come near.
    """
    for theirs, ours in options.column_map.items():
        if not _find(theirs, headings):
            near = get_close_matches(theirs.casefold(), [each.casefold() for each in headings], 3)
            close = [each for each in headings if each.casefold() in near]
            meant = f"did you mean --map '{close[0]}={ours}'?" if close else "see the columns found"
            raise UsageError(
                f"{name} has no column {theirs!r} to map; columns found: {_shown(headings)}",
                hint=meant,
            )
    if options.rating_scale != FIVE_STARS and "rating_original" in headings:
        raise UsageError(
            f"{name} has a column rating_original, where --rating-scale keeps the file's ratings",
            hint="rename that column in the file",
        )


def check_required(
    fields: Collection[str], headings: Sequence[str], options: ReadOptions, name: str
) -> None:
    """Refuse a file that lacks a required column.

    Raises:
        UsageError: with the columns found, those that come near, and the `--map` to type.
    """
    missing = [field for field in options.required if field not in fields]
    if not missing:
        return
    lacks = f"{name} has no column {' and no column '.join(missing)}"
    if _look_like_data(headings):
        raise UsageError(
            f"{lacks}; its first line looks like data",
            hint=f"put a line of headings on top: {','.join(FIELDS)}",
        )
    if len(headings) == 1:
        for delimiter, shown in ((";", "';'"), ("\t", "tab"), ("|", "'|'"), (",", "','")):
            if delimiter in headings[0]:
                raise UsageError(
                    f"{lacks}; its first line is one single heading", hint=f"--delimiter {shown}"
                )
    free = [heading for heading in headings if heading.casefold() not in fields]
    maps = " ".join(f"--map '{_nearest(field, free)}={field}'" for field in missing)
    raise UsageError(
        f"{lacks}; columns found: {_shown(headings)}", hint=f"say which column it is: {maps}"
    )


def _nearest(field: str, headings: Sequence[str]) -> str:
    plain = {each.casefold().replace("_", " ").replace("-", " "): each for each in headings}
    for name in (field.replace("_", " "), *_OFTEN_CALLED[field]):
        near = [name] if name in plain else get_close_matches(name, plain, 1, 0.8)
        if near:
            return plain[near[0]][:_LONGEST_SHOWN]
    return "THEIR HEADING"


def _look_like_data(headings: Sequence[str]) -> bool:
    """Tell a row of values from headings, so that no message repeats feedback text."""
    read = created_at_reader(ReadOptions().timezone, ())
    for heading in headings:
        if len(heading) > _LONGEST_HEADING or heading.replace(".", "", 1).isdigit():
            return True
        try:
            read(heading)
        except UnusableValueError:
            continue
        return True
    return False


def _shown(headings: Sequence[str]) -> str:
    short = [each[:_LONGEST_SHOWN] for each in headings[:_MOST_SHOWN]]
    more = f" and {len(headings) - _MOST_SHOWN} more" if len(headings) > _MOST_SHOWN else ""
    return ", ".join(short) + more
