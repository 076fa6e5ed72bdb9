"""All files of a run, into one folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_jobs.reporting.cluster_files import bars, maps, page, report, tables, zooms

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.reporting.cluster_files.contents import Contents


def write_files(folder: Path, given: Contents) -> tuple[Path, ...]:
    """Write the tables, the pictures, the interactive map and the report, in this order.

    The names of tables and pictures hold the run's time stamp; `clusters.html` and
    `summary_report.txt` are those of the latest run. Each file appears when it is complete.

    Args:
        folder: exists and may be written to, see `folder.prepare_folder`.
        given: what they say.

    Raises:
        UsageError: a file cannot be written.
    """
    stamp = given.about.stamp
    written: list[Path] = []

    def named(name: str) -> Path:
        written.append(folder / name)
        return written[-1]

    tables.write_analysis(named(f"cluster_analysis_{stamp}.csv"), given)
    tables.write_assignments(named(f"cluster_assignments_{stamp}.csv"), given)
    maps.write_map(named(f"clusters_{stamp}.png"), given)
    bars.write_sizes(named(f"clusters_sizes_{stamp}.png"), given)
    for parent in given.divided():
        zooms.write_zoom(named(f"clusters_{parent.path}_{stamp}.png"), given, parent)
    page.write_page(named("clusters.html"), given)
    path = named("summary_report.txt")
    report.write_report(path, given, tuple(each.name for each in written))
    return tuple(written)
