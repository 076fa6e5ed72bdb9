"""What models cost: the mart `price_list`, which dbt builds from the seed `model_prices.csv`."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Context, Decimal, DecimalException, Inexact, localcontext
from difflib import get_close_matches
from itertools import pairwise
from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.errors import ConfigurationError
from python_jobs.storage import tables
from python_jobs.storage.warehouse import fetch

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

SEED = "dbt_project/seeds/model_prices.csv"

# No digit is ever lost: a product of 19-digit counts and numeric(18,6) prices fits, and one that
# did not would raise.
_EXACT = Context(prec=100, traps=[*Context().traps, Inexact])
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True)
class Price:
    """What a model costs within a period, in US dollars for a million tokens.

    Attributes:
        batch_discount: what the Batch API takes off, as a share (0.5 is half price).
        valid_from: the first day of the period.
        valid_before: the day on which the next price begins; None for the last.
        source_note: where the price comes from.
    """

    model: str
    provider: str
    kind: str
    currency: str
    source_note: str
    input_per_million: Decimal
    cached_input_per_million: Decimal
    output_per_million: Decimal
    batch_discount: Decimal
    valid_from: date
    valid_before: date | None = None

    def cost(
        self,
        input_tokens: int,
        output_tokens: int = 0,
        cached_tokens: int = 0,
        *,
        batch: bool = False,
    ) -> Decimal:
        """What these tokens cost in US dollars, exactly.

        Args:
            input_tokens: tokens sent, cached ones included.
            output_tokens: tokens received.
            cached_tokens: tokens sent that the provider had cached; more than were sent count as
                all of them.
            batch: through the Batch API. The discount for cached tokens is not counted on top:
                whether both apply differs between models, and a cost must not come out too low.
        """
        cached = 0 if batch else max(0, min(cached_tokens, input_tokens))
        with localcontext(_EXACT):
            whole = (
                (input_tokens - cached) * self.input_per_million
                + cached * self.cached_input_per_million
                + output_tokens * self.output_per_million
            )
            return (whole * (1 - self.batch_discount) if batch else whole).scaleb(-6)


@dataclass(frozen=True)
class PriceTable:
    """Every price that dbt publishes, of all providers and periods."""

    prices: tuple[Price, ...]

    def price(self, model: str, on: date, *, provider: str) -> Price | None:
        """The model's price on that day; None where the table has none.

        A dated snapshot (`gpt-4.1-mini-2025-04-14`) without a row of its own costs what its model
        costs.
        """
        found = self._exactly(model, on, provider)
        if found is None and (alias := _SNAPSHOT.sub("", model)) != model:
            return self._exactly(alias, on, provider)
        return found

    def near(self, model: str, *, provider: str) -> list[str]:
        """Up to three models of the provider that are called something like this one."""
        known = sorted({price.model for price in self.prices if price.provider == provider})
        return get_close_matches(model, known, n=3, cutoff=0.4)

    def _exactly(self, model: str, on: date, provider: str) -> Price | None:
        for price in self.prices:
            if (price.model, price.provider) != (model, provider) or on < price.valid_from:
                continue
            if price.valid_before is None or on < price.valid_before:
                return price
        return None


def read_prices(connection: sa.Connection) -> PriceTable:
    """The price list, by provider, model and day."""
    table = tables.table(tables.MARTS, "price_list", (field.name for field in fields(Price)))
    query = sa.select(*table.c).order_by(table.c.provider, table.c.model, table.c.valid_from)
    return PriceTable(tuple(fetch(connection, query, Price)))


def read_seed(path: Path) -> PriceTable:
    """The price list as the seed has it, for commands that use no database.

    What the mart adds, `stg_prices__models` and `price_list` say: a price for cached input where
    there is none is the full one, and a price counts until the model's next one begins.

    Args:
        path: of `model_prices.csv`; where there is none, no price is known.

    Raises:
        ConfigurationError: a row cannot be read.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            found = [_seed_price(row) for row in csv.DictReader(file)]
    except FileNotFoundError:
        return PriceTable(())
    except (KeyError, TypeError, ValueError, OSError, DecimalException, csv.Error):
        raise ConfigurationError(
            f"{SEED} cannot be read", hint="mend it; `dbt seed` says what is wrong with it"
        ) from None
    found.sort(key=lambda price: (price.provider, price.model, price.valid_from))
    for at, (price, following) in enumerate(pairwise(found)):
        if (price.provider, price.model) == (following.provider, following.model):
            found[at] = replace(price, valid_before=following.valid_from)
    return PriceTable(tuple(found))


def _seed_price(row: dict[str, str]) -> Price:
    return Price(
        model=row["model"],
        provider=row["provider"],
        kind=row["kind"],
        currency=row["currency"],
        source_note=row["source_note"],
        input_per_million=Decimal(row["input_per_million"]),
        cached_input_per_million=Decimal(
            row["cached_input_per_million"] or row["input_per_million"]
        ),
        output_per_million=Decimal(row["output_per_million"]),
        batch_discount=Decimal(row["batch_discount"]),
        valid_from=date.fromisoformat(row["valid_from"]),
    )


@dataclass(frozen=True)
class Averages:
    """What earlier requests of a job used; all but `requests` and `items` for one item.

    Attributes:
        items: texts or clusters a request.
        cached_share: of the input tokens, 0 to 1.
    """

    requests: int
    items: float
    input_tokens: float
    output_tokens: float
    cached_share: float


def read_averages(
    connection: sa.Connection, job: str, provider: str, model: str
) -> Averages | None:
    """What the job's answered requests to this model used; None where there was none."""
    table = tables.api_usage
    sums = (table.c.count_items, table.c.input_tokens, table.c.output_tokens, table.c.cached_tokens)
    row = connection.execute(
        sa.select(
            sa.func.count(), *(sa.func.sum(sa.cast(each, sa.BigInteger)) for each in sums)
        ).where(
            table.c.job == job,
            table.c.provider == provider,
            table.c.model == model,
            table.c.status == "ok",
        )
    ).one()
    requests, items, sent, written, cached = (float(value or 0) for value in row)
    if not (items and sent):
        return None
    return Averages(int(requests), items / requests, sent / items, written / items, cached / sent)


def spent_since(connection: sa.Connection, since: datetime) -> Decimal:
    """US dollars that requests of all commands have cost since then; unknown costs count as 0."""
    table = tables.api_usage
    query = sa.select(sa.func.sum(table.c.cost_usd)).where(table.c.requested_at >= since)
    return Decimal(connection.execute(query).scalar() or 0)


def latest_clusters(connection: sa.Connection) -> int:
    """How many clusters the latest run had to name; 0 where there was none."""
    runs, clusters = tables.cluster_runs, tables.clusters
    latest = sa.select(runs.c.run_id).order_by(runs.c.created_at.desc(), runs.c.run_id).limit(1)
    rows = connection.execute(
        sa.select(clusters.c.is_noise).where(
            clusters.c.run_id == latest.scalar_subquery(), clusters.c.depth > 0
        )
    )
    return sum(not row.is_noise for row in rows)
