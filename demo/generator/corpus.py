"""The hand-written sentences; their format is described in ../corpus/FORMAT.txt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from generator.tables.hints import MONTH_HINTS, NO_PRODUCT_HINTS, PRODUCT_HINTS
from generator.tables.products import GROUPS, PRODUCTS
from generator.themes import Theme, family

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
NOT_SENTENCES = ("FORMAT.txt", "hostile.txt")

LINE = re.compile(r"(?P<sign>[-+0])(?P<mark>[&!]?)(?:\[(?P<bracket>[^\]]*)\])? (?P<text>.+)")


@dataclass(slots=True, eq=False)
class Sentence:
    """One line of the corpus, and how often it has been used."""

    lang: str
    theme: Theme
    mark: str  # "&" may only follow another sentence, "!" stands alone, "" neither
    products: list[str]  # keys of PRODUCTS
    channels: str  # any of "vrcs"
    months: list[int]
    own: bool  # the line names its channels itself: it is worded for them
    also: list[Theme]
    text: str
    uses: int = 0


@dataclass(frozen=True)
class Block:
    """The header that holds for the lines below it."""

    sub_theme: str = ""
    products: tuple[str, ...] = ()
    channels: str = ""


def load_corpus() -> list[Sentence]:
    """Read all sentences of the corpus, in the order of files and lines."""
    sentences: list[Sentence] = []
    for path in sorted(CORPUS.glob("*.txt"), key=lambda p: p.name):
        if path.name in NOT_SENTENCES:
            continue
        block = Block()
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            if not line.strip() or line.startswith("//"):
                continue
            try:
                if line.startswith("@ "):
                    block = read_header(line)
                else:
                    sentences.append(read_sentence(line, path.name[:2], block))
            except ValueError as error:
                raise ValueError(f"{path.name}:{number}: {error}") from error
    return sentences


def read_header(line: str) -> Block:
    """Read `@ theme.sub_theme | products | channels`."""
    sub_theme, names, channels = (part.strip() for part in line[2:].split("|"))
    return Block(sub_theme, tuple(expand(names)), channels)


def read_sentence(line: str, lang: str, block: Block) -> Sentence:
    """Read a sentence with its sign, mark and bracket."""
    match = LINE.fullmatch(line)
    if not match:
        raise ValueError(f"cannot read {line!r}")
    theme = Theme(block.sub_theme, match["sign"])
    products, channels, own = list(block.products), block.channels, False
    also: list[Theme] = []
    for token in filter(None, (part.strip() for part in (match["bracket"] or "").split(","))):
        if token.startswith("+"):
            name, sign = token[1:].split(":")
            also.append(Theme(name, sign))
        elif set(token) <= set("vrcs"):
            channels, own = token, True
        else:
            products = expand(token)
    if theme.sign == "+" and not own:
        channels = "".join(c for c in channels if c in "vs")
    if match["mark"] != "!":
        narrowed = narrow_by_words(match["text"], theme.name, products)
        products = narrowed or (products if own else [])
    months = months_of(match["text"], theme.name)
    if not products or not channels or not months:
        raise ValueError(f"{line!r} fits no record")
    text = match["text"].replace("\\n", "\n")
    return Sentence(lang, theme, match["mark"], products, channels, months, own, also, text)


def expand(names: str) -> list[str]:
    """Turn names of products and groups into product keys."""
    keys: dict[str, None] = {}
    for name in names.split(","):
        for key in GROUPS.get(name.strip(), [name.strip()]):
            if key not in PRODUCTS:
                raise ValueError(f"unknown product or group {key!r}")
            keys[key] = None
    return list(keys)


def narrow_by_words(text: str, sub_theme: str, products: list[str]) -> list[str]:
    """Keep only the products the words of the sentence can be about."""
    if sub_theme.startswith(NO_PRODUCT_HINTS):
        return products
    for hint in PRODUCT_HINTS:
        if family(sub_theme) in hint.not_in or not re.search(hint.pattern, text, re.IGNORECASE):
            continue
        allowed = expand(",".join(filter(None, (hint.products, hint.also.get(sub_theme)))))
        products = [key for key in products if key in allowed]
    return products


def months_of(text: str, sub_theme: str) -> list[int]:
    """Return the months the words of the sentence can be about."""
    months = list(range(1, 13))
    if sub_theme.startswith("noise."):
        return months
    for pattern, allowed in MONTH_HINTS:
        if re.search(pattern, text, re.IGNORECASE):
            months = [month for month in months if month in allowed]
    return months
