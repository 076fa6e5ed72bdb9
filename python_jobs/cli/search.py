"""`insights search` and the index that makes it fast."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

import click

from python_jobs.logs import logger
from python_jobs.settings import ProviderName

if TYPE_CHECKING:
    from python_jobs.jobs.search import Hit
    from python_jobs.settings import Settings

_WIDEST = 110
_MOST = 1_000


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option(
    "--limit",
    type=click.IntRange(1, _MOST),
    default=10,
    show_default=True,
    metavar="N",
    help="At most N texts.",
)
@click.option(
    "--min-similarity",
    type=click.FloatRange(-1, 1),
    default=-1.0,
    metavar="X",
    help="Leave out texts whose cosine similarity is below X (1 is the same direction).",
)
@click.option(
    "--provider",
    type=click.Choice(get_args(ProviderName)),
    help="Whose vectors to search. Default: those of the embedding model in use.",
)
@click.option("--exact", is_flag=True, help="Compare with every vector, even if there is an index.")
@click.option("--json", "as_json", is_flag=True, help="Print all that is known, one JSON a line.")
@click.pass_obj
def search(
    settings: Settings,
    words: tuple[str, ...],
    limit: int,
    min_similarity: float,
    provider: ProviderName | None,
    exact: bool,
    as_json: bool,
) -> None:
    """Find the feedback that is nearest in meaning to WORDS, with its segment and tags.

    As in: insights search late delivery
    """
    from python_jobs.jobs.search import search as job

    hits = job(
        settings,
        " ".join(words),
        limit=limit,
        provider=provider,
        min_similarity=min_similarity,
        exact=exact,
    )
    if as_json:
        for hit in hits:
            click.echo(json.dumps(_row(hit), default=_plain))
    elif hits:
        _print(hits)
    else:
        logger.info("Nothing found: no feedback is that near")


@click.command()
@click.option("--drop", is_flag=True, help="Drop it instead; search works without it.")
@click.option(
    "--m",
    type=click.IntRange(2, 100),
    default=16,
    show_default=True,
    help="Neighbours of each vector: more find more, and take more room.",
)
@click.option(
    "--ef-construction",
    type=click.IntRange(4, 1_000),
    default=64,
    show_default=True,
    help="Candidates looked at for each vector: more find more, and take more time.",
)
@click.pass_obj
def index(settings: Settings, drop: bool, m: int, ef_construction: int) -> None:
    """Build the HNSW index over the vectors in use, for fast search (see --drop).

    Worth it from about a hundred thousand texts on; below, comparing with every vector is fast
    and misses nothing. Jobs can run meanwhile, and later vectors enter it by themselves.
    """
    from python_jobs.jobs import index as job

    if drop:
        dropped = job.drop_index(settings.as_owner)
        logger.info("Index dropped" if dropped else "There was no index")
        return
    built = job.build_index(settings.as_owner, m=m, ef_construction=ef_construction)
    if built:
        logger.info("Index built for %s (%d dimensions)", built.model, built.dimensions)
    else:
        logger.info("The index is there already")


def _row(hit: Hit) -> dict[str, Any]:
    return {"similarity": round(hit.similarity, 6), **vars(hit.text)}


def _plain(value: object) -> str:
    # The marts keep UTC without an offset.
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    raise TypeError(type(value).__name__)


def _print(hits: list[Hit]) -> None:
    from rich.console import Console

    from python_jobs.reporting.search import found

    console = Console(highlight=False)
    width = min(console.width, _WIDEST) if console.is_terminal else _WIDEST
    rendered = found([(hit.similarity, hit.text) for hit in hits])
    Console(highlight=False, width=width).print(rendered)
