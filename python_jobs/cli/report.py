"""`insights report`: the published run at a glance, in the terminal or as an HTML page."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from python_jobs.cli import options
from python_jobs.errors import UsageError
from python_jobs.logs import logger

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from python_jobs.jobs.report import HtmlReport
    from python_jobs.settings import ProviderName, Settings

_WIDEST = 110


@click.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write one HTML file that needs nothing but a browser.",
)
@click.option("--serve", is_flag=True, help="Show that page on this machine until Ctrl-C.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    metavar="N",
    help="Of --serve; 0 takes a free one.",
)
@click.option(
    "--title", default="Customer insights", show_default=True, help="Heading of the page."
)
@click.option("--redact", is_flag=True, help="Leave out quotes, texts, summaries and identifiers.")
@click.option(
    "--max-texts",
    type=click.IntRange(min=0),
    metavar="N",
    help="At most N texts in the page: exemplars, then a sample. Figures count everything.",
)
@click.option(
    "--wording",
    type=click.Choice(["openai", "azure"]),
    help="Let a chat model word the headline: it gets the computed sentences, no feedback, and "
    "what it changes in figures or names is not taken.",
)
@options.cost_options
@click.pass_obj
def report(
    settings: Settings,
    output: Path | None,
    serve: bool,
    port: int,
    title: str,
    redact: bool,
    max_texts: int | None,
    wording: ProviderName | None,
    max_cost: Decimal | None,
    cost_since: datetime | None,
) -> None:
    """Print totals, segments and tags of the published run, or make a page to look at."""
    if output is None and not serve:
        if wording or max_texts is not None:
            raise UsageError(
                "--max-texts and --wording are for the HTML page",
                hint="add --output report.html, or --serve",
            )
        _print(settings, redacted=redact)
        return
    from python_jobs.jobs.budget import budget_since
    from python_jobs.jobs.report import html_report

    page = html_report(
        settings,
        title=title,
        redacted=redact,
        max_texts=max_texts,
        wording=wording,
        budget=budget_since(settings, max_cost, cost_since) if wording else None,
    )
    if output is not None:
        _write(page, output)
    if serve:
        from python_jobs.reporting.html.serving import serve_page

        with serve_page(page.html, port) as address:
            click.echo(address)
            logger.info("Showing the report on this machine only; Ctrl-C ends it")
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait()


def _print(settings: Settings, *, redacted: bool) -> None:
    from rich.console import Console

    from python_jobs.jobs.report import report as job

    rendered = job(settings, redacted=redacted)
    console = Console(highlight=False)
    width = min(console.width, _WIDEST) if console.is_terminal else _WIDEST
    Console(highlight=False, width=width).print(rendered)


def _write(page: HtmlReport, output: Path) -> None:
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(page.html, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            f"cannot write {output}: {error.strerror}", hint="choose another --output"
        ) from None
    logger.info(
        "Wrote %s: %s feedback, %s texts, %.1f MB; open it in a browser",
        output,
        f"{page.count_feedback:,}",
        f"{page.count_texts:,}",
        output.stat().st_size / 1e6,
    )
