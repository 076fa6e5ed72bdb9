"""Days, products, ratings and customers drawn by chance."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from generator.record import Customer
from generator.tables.people import COUNTRIES, HOUR_WEIGHTS, MONTH_WEIGHTS, STARS, UNRATED
from generator.tables.products import PRODUCTS, SEASONAL

if TYPE_CHECKING:
    from collections.abc import Container

    from generator.chance import Chance


def a_moment(chance: Chance, first: datetime, last: datetime) -> datetime:
    """Draw a moment between two days (inclusive) by month, day of the week and hour."""
    days = (last - first).days + 1
    for _ in range(200):
        day = first + timedelta(days=chance.below(days))
        busy = 2 if day.weekday() in (0, 6) else 0
        if chance.below(14) < MONTH_WEIGHTS[(day.month - 9) % 12] + busy:
            break
    hour = chance.weighted(enumerate(HOUR_WEIGHTS))
    return day.replace(hour=hour, minute=chance.below(60), second=chance.below(60))


def a_product(chance: Chance, month: int, allowed: Container[str] = tuple(PRODUCTS)) -> str:
    """Draw a product, by season."""
    pairs: list[tuple[str, float]] = []
    for key, (_, weight) in PRODUCTS.items():
        if key not in allowed:
            continue
        if key in SEASONAL:
            pairs.append((key, weight * 2 if month in SEASONAL[key] else weight / 4))
        else:
            pairs.append((key, weight))
    return chance.weighted(pairs)


def a_rating(chance: Chance, polarity: str, channel: str) -> str:
    """Draw a rating that suits the polarity, or "" for none."""
    if channel == "c" or chance.hit(UNRATED[channel]):
        return ""
    return str(chance.weighted(STARS[polarity]))


class Customers:
    """Those who have written so far, by language."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._known: dict[str, list[Customer]] = {lang: [] for lang in COUNTRIES}
        self._last_number = 10000

    def one(self, lang: str) -> Customer:
        """Draw a customer of that language, a known one now and then."""
        known = self._known[lang]
        if known and self._chance.hit(22):
            return self._chance.pick(known)
        self._last_number += 1 + self._chance.below(9)
        country = self._chance.weighted(COUNTRIES[lang])
        known.append(Customer(f"C{self._last_number}", country))
        return known[-1]
