"""Three to five sentences made from the marts, each with the part of the page that shows it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from python_jobs.reporting.html.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from python_jobs.storage.report import Columns, ReportMarts


FEWEST, MOST = 3, 5
_EVENTS = {
    "born": "is new",
    "split": "came out of a split",
    "merged": "took in others",
    "died": "is gone",
}


@dataclass(frozen=True)
class Sentence:
    """What is to be said.

    Attributes:
        lead: two or three words that a reader's eye catches first.
        section: the part of the page with the evidence.
        key: of the cluster that it is about.
    """

    lead: str
    text: str
    section: str
    key: str | None = None

    def as_plain(self) -> dict[str, str | None]:
        """For JSON, safe to show."""
        return {
            name: None if value is None else visible(value) for name, value in asdict(self).items()
        }


def sentences(read: ReportMarts) -> list[Sentence]:
    """What a reader should know first; fewer where the marts know less."""
    clusters = _rows(read.marts["cluster_summary"])
    by_path = {each["cluster_path"]: each for each in clusters}
    found = [
        *_themes(clusters),
        *_movement(read, by_path, ("new", "rising"), "Growing"),
        *_movement(read, by_path, ("fading",), "Fading"),
        *_impact(read, by_path),
        *_changes(read),
        *_gap(read, by_path),
    ]
    return (found if len(found) >= FEWEST else [*_volume(read), *found])[:MOST]


def _rows(columns: Columns) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _themes(clusters: list[dict[str, Any]]) -> Iterator[Sentence]:
    top = [each for each in clusters if each["depth"] == 1 and not each["is_noise"]]
    top.sort(key=lambda each: (-each["count_feedback"], each["cluster_path"]))
    if not top:
        return
    named = [f"“{each['cluster_name']}” ({each['share_of_all']:.0%})" for each in top[:3]]
    yield Sentence(
        "Most talked about",
        f"{_listed(named)} lead {len(top)} segments." if len(top) > 1 else f"{named[0]}.",
        "segments",
        top[0]["cluster_key"],
    )


def _movement(
    read: ReportMarts, by_path: dict[str, Any], kinds: tuple[str, ...], lead: str
) -> Iterator[Sentence]:
    moving = [
        each
        for each in _rows(read.marts["emerging_clusters"])
        if each["movement"] in kinds and each["is_strongest_window"] in (True, 1)
    ]
    if not moving:
        return
    first = min(moving, key=lambda each: (each["q_value"], each["cluster_path"]))
    cluster = by_path[first["cluster_path"]]
    yield Sentence(
        lead,
        f"“{cluster['cluster_name']}” made {first['share_recent']:.1%} of the feedback from "
        f"{_day(first['recent_from'])} on, {first['share_earlier']:.1%} before: "
        f"{_times(first['rate_ratio'])} times its share ({_times(first['rate_ratio_low'])} to "
        f"{_times(first['rate_ratio_high'])}).",
        "trends",
        cluster["cluster_key"],
    )


def _impact(read: ReportMarts, by_path: dict[str, Any]) -> Iterator[Sentence]:
    costly = [
        each
        for each in _rows(read.marts["rating_impact"])
        if each["verdict"] == "costs stars" and each["theme_kind"] == "cluster"
    ]
    if not costly:
        return
    worst = min(costly, key=lambda each: (each["impact_on_mean"], each["theme"]))
    yield Sentence(
        "Fix first",
        f"“{worst['theme_name']}” costs {-worst['impact']:.1f} stars "
        f"({-worst['impact_high']:.1f} to {-worst['impact_low']:.1f}) in "
        f"{worst['count_rated']:,} ratings; it takes {-worst['impact_on_mean']:.2f} off the "
        "mean of all.",
        "fix",
        by_path.get(worst["theme"], {}).get("cluster_key"),
    )


def _changes(read: ReportMarts) -> Iterator[Sentence]:
    """What happened to segments from the run before to this one; a segment counts once a kind."""
    latest = [each for each in _rows(read.marts["cluster_changes"]) if each["is_latest"]]
    found: list[str] = []
    for event, words in _EVENTS.items():
        rows = [each for each in latest if each["event"] == event]
        names = sorted(
            {each["cluster_name"] or each["previous_cluster_name"] or "" for each in rows}
        )
        if len(names) == 1:
            found.append(f"“{names[0]}” {words}")
        elif names:
            many = words.replace("is ", "are ", 1)
            found.append(f"{len(names)} segments {many}")
    if found:
        yield Sentence("Since the last run", f"{_listed(found)}.", "trends")


def _volume(read: ReportMarts) -> Iterator[Sentence]:
    created = read.feedback["created_at"]
    if created:
        yield Sentence(
            "Feedback",
            f"{len(created):,} feedback came in from {_day(created[0])} to {_day(created[-1])}.",
            "segments",
        )


def _gap(read: ReportMarts, by_path: dict[str, Any]) -> Iterator[Sentence]:
    unexplained = [
        each
        for each in _rows(read.marts["tag_cluster_gap"])
        if each["gap"] == "unexplained cluster"
        and not by_path.get(each["theme"], {"is_noise": True})["is_noise"]
    ]
    if not unexplained:
        return
    largest = min(unexplained, key=lambda each: (-each["count_feedback"], each["theme"]))
    yield Sentence(
        "Not in the taxonomy",
        f"No category covers half of “{largest['theme_name']}” "
        f"({largest['count_feedback']:,} feedback); the nearest has "
        f"{largest['share_of_best_match'] or 0:.0%} of it.",
        "tags",
        by_path[largest["theme"]]["cluster_key"],
    )


def _times(ratio: float) -> str:
    digits = 2 if ratio < 0.095 else 1 if ratio < 9.5 else 0
    return f"{ratio:.{digits}f}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _day(moment: datetime | Any) -> str:
    return f"{moment.day} {moment:%B %Y}"
