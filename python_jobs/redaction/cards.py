"""Payment cards and bank accounts: numbers that prove themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from python_jobs.redaction import checksums
from python_jobs.redaction.digit_runs import Group, runs, windows
from python_jobs.redaction.pattern import Pattern, alphanumeric, digits_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_jobs.redaction.pattern import Span

_CARD_DIGITS = range(13, 20)
_DECIMAL = re.compile(r"\d[.,]")

# Issuers by first digits, with the lengths they issue (ISO/IEC 7812, as in the schemes' manuals).
_ISSUERS: tuple[tuple[re.Pattern[str], frozenset[int]], ...] = tuple(
    (re.compile(expression), frozenset(lengths))
    for expression, lengths in (
        (r"4", (13, 16, 18, 19)),  # Visa
        (r"5[1-5]|22[2-9]|2[3-6]|27[01]|2720", (16,)),  # Mastercard
        (r"3[47]", (15,)),  # American Express
        (r"30|3[689]", (14, 16, 17, 18, 19)),  # Diners
        (r"35", (16, 17, 18, 19)),  # JCB
        (r"2131|1800", (15,)),  # JCB until 1990
        (r"5[06-8]|6", tuple(_CARD_DIGITS)),  # Maestro, Discover, UnionPay, RuPay
    )
)

# The IBAN registry of SWIFT: length of an account by country.
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FO FI GL NL SD FK", 19: "MK SI", 20: "AT BA EE KZ XK LT LU MN",
        21: "HR LV LI CH", 22: "BH BG CR GE DE IE ME RS GB VA", 23: "GI IL IQ OM SO TL AE",
        24: "AD CZ MD PK RO SA SK ES SE TN VG", 25: "LY PT ST", 26: "IS TR",
        27: "BI DJ FR GR IT MR MC SM", 28: "AL AZ BY CY DO GT HU LB NI PL SV",
        29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip
_IBAN_START = re.compile(r"(?<![^\W_])[A-Za-z]{2} ?\d{2}(?=[ .-]{0,2}[A-Za-z0-9])")
_IBAN_GAPS = frozenset(" -.")


def _find_cards(text: str) -> Iterator[Span]:
    for run in runs(text):
        for first, last in windows(run, _CARD_DIGITS, _CARD_DIGITS.stop):
            start, end = run[first].start, run[last].end
            decimal = _DECIMAL.fullmatch(text, max(0, start - 2), start)
            if _is_grouped_as_card(run[first : last + 1]) and not decimal:
                yield start, end


def _is_grouped_as_card(window: Sequence[Group]) -> bool:
    """One number, groups of three or more, or 16 digits one by one: no rows of sizes."""
    widths = [len(group.digits) for group in window]
    if len(widths) == 16:
        return set(widths) == {1}
    return len(widths) == 1 or min(widths[:-1]) > 2


def is_card(candidate: str) -> bool:
    """Whether an issuer has such numbers and the check digit is right; an EAN-13 is none."""
    digits = digits_of(candidate)
    issued = any(issuer.match(digits) and len(digits) in sizes for issuer, sizes in _ISSUERS)
    if len(digits) == 13 and candidate == digits and checksums.ean(digits):
        return False
    return issued and len(set(digits)) > 1 and checksums.luhn(digits)


def _find_ibans(text: str) -> Iterator[Span]:
    for match in _IBAN_START.finditer(text):
        length = _IBAN_LENGTHS.get(match.group()[:2].upper())
        if length and (end := _end_of_account(text, match.start(), length)):
            yield match.start(), end


def _end_of_account(text: str, start: int, length: int) -> int | None:
    """Where `length` letters and digits end, at most two separators between any two."""
    place, found, gap = start, 0, 0
    while place < len(text) and found < length:
        character = text[place]
        if character.isascii() and character.isalnum():
            found, gap = found + 1, 0
        elif character in _IBAN_GAPS and gap < 2:
            gap += 1
        else:
            return None
        place += 1
    return None if found < length or text[place : place + 1].isalnum() else place


CARD = Pattern(
    name="card",
    token="[CARD]",  # noqa: S106
    description="payment cards: 13 to 19 digits that an issuer uses, with a right check digit",
    find=_find_cards,
    validate=is_card,
)

IBAN = Pattern(
    name="iban",
    token="[IBAN]",  # noqa: S106
    description="bank accounts: IBAN of the country's length with right check digits",
    find=_find_ibans,
    validate=lambda candidate: checksums.iban(alphanumeric(candidate)),
)
