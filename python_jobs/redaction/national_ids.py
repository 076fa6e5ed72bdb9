"""Identity numbers of states. Where a check digit exists it must be right.

A number that many others look like (the Dutch BSN, the NHS number, a US number without its
hyphens) counts only after its name.
"""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from python_jobs.redaction import checksums
from python_jobs.redaction.cues import cue, is_cued, is_order_number
from python_jobs.redaction.pattern import Pattern, accept, alphanumeric, digits_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from python_jobs.redaction.pattern import Span

_BEFORE = r"(?<![\w#=])(?<!\w[-/])(?<!\d[.,])"
_AFTER = r"(?![\w%]|[-/]\w|[.,]\d)"
GROUP = "national_id"
"""What stands for all patterns of this module in `INSIGHTS_REDACT`."""


def _expression(body: str) -> re.Pattern[str]:
    return re.compile(rf"{_BEFORE}(?:{body}){_AFTER}", re.IGNORECASE)


def _uncued(expression: re.Pattern[str], text: str) -> Iterator[Span]:
    """Matches that are no order's, parcel's or article's number."""
    for match in expression.finditer(text):
        if not is_order_number(text, match.start()):
            yield match.span()


def _cued(expression: re.Pattern[str], words: re.Pattern[str], text: str) -> Iterator[Span]:
    """Matches right after the number's name."""
    for match in expression.finditer(text):
        if is_cued(words, text, match.start()):
            yield match.span()


_SSN = r"(?!000|666|9)\d{3}%s(?!00)\d{2}%s(?!0000)\d{4}"
_SSN_PLAIN = _expression(_SSN % ("-", "-"))
_SSN_CUED = _expression(_SSN % ("[ .-]?", "[ .-]?"))
_SSN_WORDS = cue(r"ssn|social(?: security)?(?: number)?|tax id|tin|itin")


def _find_ssn(text: str) -> Iterator[Span]:
    yield from _uncued(_SSN_PLAIN, text)
    yield from _cued(_SSN_CUED, _SSN_WORDS, text)


def _is_personnummer(candidate: str) -> bool:
    digits = digits_of(candidate)[-10:]
    # A coordination number has 60 added to the day.
    day = int(digits[4:6])
    try:
        date(2000 + int(digits[:2]), int(digits[2:4]), day - 60 if day > 60 else day)
    except ValueError:
        return False
    return checksums.luhn(digits)


def _checked(
    check: Callable[[str], bool], prepare: Callable[[str], str] = digits_of
) -> Callable[[str], bool]:
    return lambda candidate: check(prepare(candidate))


def _pattern(
    name: str,
    description: str,
    find: Callable[[str], Iterator[Span]],
    validate: Callable[[str], bool] = accept,
) -> Pattern:
    return Pattern(name=name, token="[ID]", description=description, find=find, validate=validate)  # noqa: S106


US_SSN = _pattern(
    "us_ssn",
    "US social security number, 3-2-4 with hyphens, or any way after its name",
    _find_ssn,
)
UK_NINO = _pattern(
    "uk_nino",
    "UK national insurance number",
    partial(
        _uncued,
        _expression(
            r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?(?:\d{2}[ -]?){3}[A-D]"
        ),
    ),
)
DE_STEUER_ID = _pattern(
    "de_steuer_id",
    "German tax identification number, 11 digits with a right check digit",
    partial(_uncued, _expression(r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}")),
    _checked(checksums.steuer_id),
)
FR_NIR = _pattern(
    "fr_nir",
    "French social security number, 15 characters with a right key",
    partial(
        _uncued,
        _expression(
            r"[1-478][ .]?\d{2}[ .]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .]?(?:\d{2}|2[AB])[ .]?\d{3}[ .]?"
            r"\d{3}[ .|/-]{0,3}\d{2}"
        ),
    ),
    _checked(checksums.nir, alphanumeric),
)
CH_AHV = _pattern(
    "ch_ahv",
    "Swiss social insurance number, 756 and ten digits with a right check digit",
    partial(_uncued, _expression(r"756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}")),
    _checked(checksums.ean),
)
ES_DNI = _pattern(
    "es_dni",
    "Spanish DNI and NIE with a right letter",
    partial(
        _uncued, _expression(r"(?:\d{8}|\d{2}\.\d{3}\.\d{3}|[XYZ][ -]?\d{7})[ -]?[A-HJ-NP-TV-Z]")
    ),
    _checked(checksums.dni, alphanumeric),
)
IT_CODICE_FISCALE = _pattern(
    "it_codice_fiscale",
    "Italian fiscal code with a right check letter",
    partial(
        _uncued,
        _expression(
            r"[A-Z]{3} ?[A-Z]{3} ?[\dL-NP-V]{2}[A-EHLMPRST][\dL-NP-V]{2} ?[A-Z][\dL-NP-V]{3}[A-Z]"
        ),
    ),
    _checked(checksums.codice_fiscale, alphanumeric),
)
NL_BSN = _pattern(
    "nl_bsn",
    "Dutch citizen number after its name, with a right check digit",
    partial(
        _cued,
        _expression(r"\d{8,9}|\d{4}[ .]\d{2}[ .]\d{3}|\d{3}[ .]\d{3}[ .]\d{3}"),
        cue(r"bsn|bsn-nummer|burgerservicenummer|sofi-?nummer|citizen service number"),
    ),
    _checked(checksums.bsn),
)
_PERSONNUMMER_WORDS = cue(r"personnummer|person-?nr|personal identity number|samordningsnummer")
_PERSONNUMMER_PLAIN = _expression(r"(?:19|20)?\d{6}[+-]\d{4}")
_PERSONNUMMER_CUED = _expression(r"(?:19|20)?\d{6}[ +-]?\d{4}")


def _find_personnummer(text: str) -> Iterator[Span]:
    yield from _uncued(_PERSONNUMMER_PLAIN, text)
    yield from _cued(_PERSONNUMMER_CUED, _PERSONNUMMER_WORDS, text)


SE_PERSONNUMMER = _pattern(
    "se_personnummer",
    "Swedish personal number with a date and a right check digit; without hyphen after its name",
    _find_personnummer,
    _is_personnummer,
)
UK_NHS = _pattern(
    "uk_nhs",
    "NHS number after its name, with a right check digit",
    partial(_cued, _expression(r"\d{3}[ -]?\d{3}[ -]?\d{4}"), cue(r"nhs|nhs-number|patient")),
    _checked(checksums.nhs),
)

NATIONAL_IDS = (
    US_SSN,
    UK_NINO,
    DE_STEUER_ID,
    FR_NIR,
    CH_AHV,
    ES_DNI,
    IT_CODICE_FISCALE,
    NL_BSN,
    SE_PERSONNUMMER,
    UK_NHS,
)
