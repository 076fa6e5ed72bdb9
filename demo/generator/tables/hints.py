"""What the words of a sentence say about the products and the months it can be about."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ProductHint:
    """A sentence with these words is only about these products (keys and names of groups)."""

    pattern: str
    products: str
    not_in: tuple[str, ...] = ()  # themes in which the words say nothing about the product
    also: dict[str, str] = field(default_factory=dict)  # sub-theme: products it allows too


def words(pattern: str) -> str:
    """Return the pattern for whole words only."""
    return rf"\b(?:{pattern})\b"


ADULTS_ONLY = words(
    r"i'm a postman|my husband|my wife|i'm 71|my dad's pair|grown-ups"
    r"|arthritis|bunions?|plantar|heavy side|physio"
    r"|hospital|klinik|chef|office|arbeit|ranger|building site|baustelle"
    r"|colleagues|kollegen|my mates|i lead school|walking group|ramblers"
    r"|dog walks|jeans|1,[05]00 (km|miles)|filled one"
    r"|pair for me|third pair in|fourth pair"
)
LONG_WALKS = words(
    r"Pyrenees|Kilimanjaro|Camino|Mont Blanc|Hardangervidda|Alpen|Iceland|New Zealand"
    r"|scafell|helvellyn|munro|tryfan|Cadair|Cumbria Way|Coast to Coast|West Highland"
    r"|Rennsteig|GR\d+|duke of edinburgh|multi day|20 miler|marathon|miles from the car"
)

PRODUCT_HINTS = [
    ProductHint(words("ridgebacks?"), "ridge"),
    ProductHint(words("corries?"), "corrie"),
    ProductHint(words("hiking shoes?|trail shoes?|shoes"), "shoes"),
    ProductHint(words(r"boots?|stiefel\w*"), "boots"),
    ProductHint(words("sandals?"), "shin", not_in=("webshop", "support", "delivery")),
    ProductHint(words("trail runs?|long runs|half in these|a PB"), "skerry"),
    ProductHint(words("approach, scramble|smearing"), "beck"),
    ProductHint(words("schuhe?n?|chaussures?"), "closed"),
    ProductHint(words("laces?|schnürsenkel"), "lace,hoar"),
    ProductHint(words("leather|leder"), "hike", also={"repair.eco_materials": "lap,beck,hoar"}),
    ProductHint(words(r"in a 43|655|4[0-9](\.5)?"), "adult"),
    ProductHint(words("mesh|3 runs"), "skerry,lap"),
    ProductHint(words("hooks?|haken"), "ridge,corrie,lap,beck,hoar"),
    ProductHint(words("tongue|ankle"), "closed"),
    ProductHint(LONG_WALKS, "lace"),
    ProductHint(ADULTS_ONLY, "adult"),
]
# Beginnings of sub-themes in which "boots" and the like are said of anything.
NO_PRODUCT_HINTS = (
    "gear.",
    "insoles.",
    "stores.",
    "kids.",
    "noise.",
    "app.",
    "webshop.search_filter",
)

MONTH_HINTS = [
    (r"since christmas", (1, 2)),
    (r"christmas|weihnacht|noël", (11, 12, 1)),
    (r"black friday", (11, 12)),
    (
        r"\bsnow|\bsleet|minus (one|three|five|ten|eleven|fifteen|\d)|\bminus 1\d"
        r"|schneematsch|neige",
        (11, 12, 1, 2, 3),
    ),
    (r"\bfrost|frozen|froze\b|second week of january|icy|shovelled", (12, 1, 2, 3)),
    (
        r"heatwave|sweaty summer|all summer|in the heat\b|greek island|at the beach"
        r"|after one summer",
        (6, 7, 8),
    ),
    (r"\beaster\b", (4, 5, 6)),
    (r"mother's day", (3, 4, 5)),
    (r"in november\b", (11, 12)),
    (r"autumn15|autumn rain", (9, 10, 11)),
    (r"in spring\b|since spring\b", (6, 7, 8, 9)),
    (r"bank holiday", (4, 5, 6, 8)),
    (r"end of season|two winters|all winter|tout l'hiver", (12, 1, 2, 3)),
]
