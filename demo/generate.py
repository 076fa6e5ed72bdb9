"""Build the demo data: feedback.csv and truth.json.

The texts are put together from the hand-written sentences in corpus/ (the
format is described in corpus/FORMAT.txt). The result is the same byte for
byte on every machine: the only source of chance is random.Random(SEED).random(),
lists and not sets are walked, and line ends are fixed.

    python demo/generate.py                 write both files next to this script
    python demo/generate.py --out DIR       write them somewhere else
    python demo/generate.py --stats         also print how the data turned out
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from generator.chance import Chance
from generator.corpus import CORPUS, Sentence, load_corpus
from generator.hand import type_out
from generator.plan import (
    COSTLY,
    COSTLY_TARGET,
    EMERGING,
    EMERGING_START,
    EMERGING_WEEKS,
    END,
    FADING,
    FADING_AFTER,
    FADING_BEFORE,
    FADING_FIX,
    MAX_USES,
    N_COPIED,
    N_DOUBLE_SUBMIT,
    N_NEAR_DUPLICATES,
    N_NOISE,
    N_RECORDS,
    N_REFUND_WAIT_RATED,
    N_STOCK,
    SEED,
    START,
)
from generator.slips import typo
from generator.tables.people import COUNTRIES, HOUR_WEIGHTS, MONTH_WEIGHTS, SOURCES
from generator.tables.products import PRODUCTS
from generator.tables.themes import SIGN_WEIGHTS, WEIGHTS
from generator.tables.writing import LOWER_OK, REWORDINGS
from generator.themes import Theme, clash, family, polarity_of
from generator.words import normalise, overlap, words_of

HERE = Path(__file__).resolve().parent


class Record:
    """One piece of feedback."""

    def __init__(self, lang, source, product, when, rating, text, themes, polarity, kind):
        self.lang, self.source, self.product, self.when = lang, source, product, when
        self.rating, self.text, self.themes = rating, text, themes
        self.polarity, self.kind = polarity, kind
        self.customer = ""
        self.country = ""
        self.copy_of: Record | None = None
        self.near_to: Record | None = None
        self.how = ""
        self.serial = 0
        self.fid = ""


def overall(themes) -> str:
    """Return the polarity of a whole text."""
    return polarity_of(Theme(*theme) for theme in themes)


class Builder:
    """Puts the records together."""

    def __init__(self) -> None:
        self.chance = Chance(SEED)
        self.sentences = load_corpus()
        self.records: list[Record] = []
        self.taken: dict[str, bool] = {}
        self.by_sentence: dict[int, list[list[str]]] = {}
        self.pools: dict[tuple, list[Sentence]] = {}
        for s in self.sentences:
            self.pools.setdefault((s.lang, s.theme.name, s.theme.sign, s.mark), []).append(s)
        self.customers: dict[str, list[tuple[str, str]]] = {"en": [], "de": [], "fr": [], "ar": []}
        self.customer_no = 10000

    # ---- small choices -------------------------------------------------

    def a_day(self, first: datetime, last: datetime) -> datetime:
        """A moment between two days (inclusive), by the month weights and the hour of day."""
        days = (last - first).days + 1
        for _ in range(200):
            day = first + timedelta(days=self.chance.below(days))
            weight = MONTH_WEIGHTS[(day.month - 9) % 12] + (2 if day.weekday() in (0, 6) else 0)
            if self.chance.below(14) < weight:
                break
        hour = self.chance.weighted(list(enumerate(HOUR_WEIGHTS)))
        return day.replace(hour=hour, minute=self.chance.below(60), second=self.chance.below(60))

    def a_product(self, month: int, allowed: list[str] | None = None) -> str:
        """Draw a product, by season."""
        pairs = []
        for key, (_, weight) in PRODUCTS.items():
            if allowed is not None and key not in allowed:
                continue
            if key == "hoar":
                weight = weight * 2 if month in (10, 11, 12, 1, 2) else weight / 4
            if key == "shin":
                weight = weight * 2 if month in (5, 6, 7, 8) else weight / 4
            pairs.append((key, weight))
        return self.chance.weighted(pairs)

    def a_language(self) -> str:
        """Draw a language."""
        return self.chance.weighted([("en", 92.7), ("de", 3.5), ("fr", 3.8)])

    def a_customer(self, lang: str) -> tuple[str, str]:
        """Draw a customer of that language, a known one now and then."""
        known = self.customers[lang]
        if known and self.chance.hit(22):
            return self.chance.pick(known)
        self.customer_no += 1 + self.chance.below(9)
        fresh = (f"C{self.customer_no}", self.chance.weighted(COUNTRIES[lang]))
        known.append(fresh)
        return fresh

    def a_rating(self, polarity: str, source: str) -> str:
        """Draw a rating that suits the polarity, or none."""
        if source == "c":
            return ""
        blank = {"v": 1.5, "r": 30, "s": 9}[source]
        if self.chance.hit(blank):
            return ""
        table = {
            "+": [(5, 62), (4, 33), (3, 4), (1, 1)],
            "-": [(1, 33), (2, 39), (3, 23), (4, 4), (5, 1)],
            "m": [(2, 18), (3, 47), (4, 31), (5, 4)],
            "0": [(3, 45), (4, 38), (5, 12), (2, 5)],
        }[polarity]
        return str(self.chance.weighted(table))

    # ---- sentences -----------------------------------------------------

    def fitting(self, lang, sub, pol, mark, product, channel, month) -> list[Sentence]:
        """Return the sentences that suit a record."""
        return [
            s
            for s in self.pools.get((lang, sub, pol, mark), [])
            if product in s.products and channel in s.channels and month in s.months
        ]

    def choose(self, candidates: list[Sentence], used: list[Sentence]) -> Sentence | None:
        """Return a little used sentence, or None."""
        fresh = [s for s in candidates if s not in used and s.uses < MAX_USES]
        if not fresh:
            return None
        best, best_score = None, 0.0
        for s in fresh:
            score = s.uses + self.chance.random() * 1.8
            if best is None or score < best_score:
                best, best_score = s, score
        return best

    def pick_sub(self, lang, product, channel, month, polarity=None, avoid=()):
        """Draw a sub-theme and a polarity by weight and by what the corpus still offers."""
        column = "vrcs".index(channel)
        pairs = []
        for sub, weights in WEIGHTS.items():
            if not weights[column] or any(clash(sub, a) for a in avoid):
                continue
            for pol in "+-0":
                if polarity and pol != polarity:
                    continue
                left = 0.0
                for s in self.fitting(lang, sub, pol, "", product, channel, month):
                    left += (
                        2.2
                        if not s.uses
                        else 1.0
                        if s.uses < 3
                        else 0.6
                        if s.uses < MAX_USES
                        else 0.0
                    )
                if left:
                    weight = weights[column] * left
                    weight *= SIGN_WEIGHTS[pol]
                    pairs.append(((sub, pol), weight))
        return self.chance.weighted(pairs) if pairs else None

    # ---- how people type -----------------------------------------------

    def soften_start(self, text: str) -> str:
        """Lower-case the first letter where no name or noun can suffer."""
        first = text.split(" ")[0]
        if first.lower().strip(",.!?") in LOWER_OK and first[:1].isupper() and not first.isupper():
            return first.lower() + text[len(first) :]
        return text

    def join(self, parts: list[tuple[str, str]], style: str) -> str:
        """parts: (kind, text) with kind greet, main, conn or thanks."""
        out = ""
        after_connector = False
        for kind, text in parts:
            if not out:
                out = text
                after_connector = kind == "conn"
                continue
            if after_connector:
                out += " " + self.soften_start(text)
                after_connector = False
                continue
            if kind == "greet":
                out += " " + text
                continue
            last = out[-1]
            if last in ",:":
                gap = " " if self.chance.hit(60) else "\n"
                out += gap + (self.soften_start(text) if self.chance.hit(60) else text)
            elif last in ".!?…)" or not last.isalnum():
                if style == "lines":
                    out += ("\n" if self.chance.hit(60) else "\n\n") + text
                elif style == "dots" and last == "." and out[-2:-1] != ".":
                    out = (
                        out[:-1] + self.chance.pick(["... ", ".. ", "… "]) + self.soften_start(text)
                    )
                elif style == "dash" and last == ".":
                    out = out[:-1] + " - " + self.soften_start(text)
                else:
                    out += " " + text
            elif style == "lines":
                out += "\n" + text
            else:
                glue = self.chance.weighted(
                    [(". ", 50), (", ", 22), (" - ", 10), ("... ", 8), ("! ", 5), ("\n", 5)]
                )
                if glue in (", ", " - ", "... "):
                    text = self.soften_start(text)
                    if glue == ", " and text[:1].isupper() and not re.match(r"I\b", text):
                        glue = ". "
                elif glue == ". " and self.chance.hit(70):
                    text = text[:1].upper() + text[1:] if text[:1].islower() else text
                out += glue + text
            after_connector = kind == "conn"
        return out

    # ---- one text ------------------------------------------------------

    def compose(self, lang, channel, product, month, sub, pol, extra=None, length=None):
        """Return (text, themes, polarity, sentences) or None where nothing fits."""
        chance = self.chance
        mains = self.fitting(lang, sub, pol, "", product, channel, month)
        if channel in "cr":
            own = [s for s in mains if s.own]
            if own and chance.hit(62 if channel == "c" else 50):
                mains = own
        first = self.choose(mains, [])
        if first is None:
            return None
        used = [first]
        themes = [(sub, pol)]
        parts = [("main", first.text)]
        if length is None:
            table = {
                "v": [(1, 30), (2, 36), (3, 22), (4, 8), (5, 4)],
                "s": [(1, 46), (2, 34), (3, 15), (4, 5)],
                "r": [(1, 68), (2, 26), (3, 6)],
                "c": [(1, 52), (2, 38), (3, 10)],
            }[channel]
            length = chance.weighted(table)
        if len(first.text) > 150 and length > 2:
            length = 2
        follows = 0
        verdict = False
        if extra:  # a second theme that has to be there
            s = self.choose(
                self.fitting(lang, extra[0], extra[1], "", product, channel, month), used
            )
            if s is None:
                return None
            if pol != extra[1]:
                joiner = self.connector(lang, extra[1], s)
                if joiner and chance.hit(45):
                    parts.append(("conn", joiner.text))
                    used.append(joiner)
            used.append(s)
            parts.append(("main", s.text))
            themes.append(extra)
        while len(used) < length + (1 if extra else 0) and not verdict:
            last_sub, last_pol = themes[-1]
            options = []
            follow = [
                s
                for s in self.fitting(lang, last_sub, last_pol, "&", product, channel, month)
                if s.uses < MAX_USES + 3 and s not in used
            ]
            if follow and follows < 2 and last_pol != "0":
                options.append(("follow", 46 if follows == 0 else 14))
            if len(themes) < 3 and pol != "0" and channel != "r":
                options.append(("theme", 8 if channel == "c" else 44))
            if len(themes) < 2 and channel == "r" and pol == "-":
                options.append(("theme", 12))
            overall_now = overall(themes)
            if channel in "vs" and overall_now in "+-0" and len(used) >= 1:
                options.append(("verdict", 16))
            if not options:
                break
            step = chance.weighted(options)
            if step == "follow":
                s = self.least(follow)
                used.append(s)
                parts.append(("main", s.text))
                follows += 1
            elif step == "theme":
                swing = chance.hit(40) and channel in "vs"
                target = last_pol if not swing else ("-" if last_pol == "+" else "+")
                if target == "0":
                    break
                avoid = [name for name, _ in themes]
                if overall(themes) not in (target, "0"):
                    avoid.append("general.")
                if overall(themes) != target and any(
                    name.startswith("general.") for name, _ in themes
                ):
                    break
                drawn = self.pick_sub(lang, product, channel, month, target, avoid)
                if not drawn:
                    break
                pool = [
                    s
                    for s in self.fitting(lang, drawn[0], drawn[1], "", product, channel, month)
                    if len(s.text) < 125 and not (channel in "cr" and s.own)
                ]
                s = self.choose(pool, used)
                if s is None:
                    break
                if target != last_pol:
                    joiner = self.connector(lang, target, s)
                    if joiner and chance.hit(45):
                        parts.append(("conn", joiner.text))
                        used.append(joiner)
                used.append(s)
                parts.append(("main", s.text))
                themes.append(drawn)
                follows = 0
            else:
                pool = self.pools.get((lang, "general.verdict", overall_now, "&"), [])
                s = self.least(pool)
                if s is None:
                    break
                used.append(s)
                parts.append(("main", s.text))
                verdict = True
        if channel == "c":
            head = re.match(
                r"(?i)(hi|hello|hey|hallo|bonjour|guten|good|thanks|perfect|brilliant)\b",
                first.text,
            )
            if not head and chance.hit(45) and first.theme.sign != "+":
                s = self.least(self.pools.get((lang, "general.greeting_chat", "0", "&"), []))
                if s:
                    parts.insert(0, ("main", s.text))
                    used.append(s)
            if first.theme.sign != "+" and chance.hit(34):
                s = self.least(self.pools.get((lang, "general.thanks_chat", "0", "&"), []))
                if s and not ("FG-" in s.text and "FG-" in " ".join(p for _, p in parts)):
                    parts.append(("main", s.text))
                    used.append(s)
        style = chance.weighted(
            [("plain", 78), ("lines", 6 if len(parts) > 2 else 2), ("dots", 8), ("dash", 6)]
        )
        polarity = overall(themes)
        text = type_out(self.chance, self.join(parts, style), polarity, lang, channel)
        return text, themes, polarity, used

    def least(self, pool: list[Sentence]):
        """Return one of the least used sentences, or None."""
        best, best_score = None, 0.0
        for s in pool:
            score = s.uses + self.chance.random() * 2.5
            if best is None or score < best_score:
                best, best_score = s, score
        return best

    def connector(self, lang, pol, following: Sentence):
        """Return words that lead over to the next sentence, or None."""
        if following.text[:1].islower() or not following.text[:1].isalpha():
            return None
        if self.soften_start(following.text) == following.text and not following.text.startswith(
            "I "
        ):
            return None
        pool = self.pools.get((lang, "general.connector", pol, "&"), [])
        if following.text.split(" ")[0].lower() not in (
            "the",
            "they",
            "my",
            "it",
            "there",
            "your",
            "i",
            "we",
            "these",
            "it's",
            "they're",
        ):
            pool = [
                s
                for s in pool
                if s.text not in ("Shame that", "One star off because", "At least", "However,")
            ]
        return self.least(pool)

    # ---- taking a text into the data -----------------------------------

    def accept(self, text: str, used: list[Sentence]) -> bool:
        """No text twice, and none that nearly repeats another one with the same sentence."""
        key = normalise(re.sub(r"(?i)FG-\d+", "FG-0", text))
        if key in self.taken or len(text) > 1500:
            return False
        words = words_of(text)
        for s in used:
            if s.theme.name in (
                "general.verdict",
                "general.greeting_chat",
                "general.thanks_chat",
                "general.connector",
            ):
                continue
            for other in self.by_sentence.get(id(s), []):
                if overlap(words, other) > 0.6:
                    return False
        self.taken[key] = True
        for s in used:
            s.uses += 1
            self.by_sentence.setdefault(id(s), []).append(words)
        return True

    def add(self, lang, channel, product, when, rating, text, themes, polarity, kind) -> Record:
        """Append a record."""
        record = Record(lang, channel, product, when, rating, text, themes, polarity, kind)
        record.customer, record.country = self.a_customer(lang)
        record.serial = len(self.records)
        self.records.append(record)
        return record

    # ---- the parts of the data -----------------------------------------

    def hostile(self) -> None:
        """Add the awkward texts."""
        raw = (CORPUS / "hostile.txt").read_text(encoding="utf-8")
        for block in re.split(r"(?m)^@ ", raw)[1:]:
            head, body = block.split("\n", 1)
            key, source, product, rating, lang, when, names = (p.strip() for p in head.split("|"))
            channel = next(c for c, name in SOURCES.items() if name == source)
            themes = [tuple(part.split(":")) for part in names.split(",")]
            moment = datetime.strptime(when, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            record = self.add(
                lang,
                channel,
                product,
                moment,
                rating,
                body.strip("\n"),
                themes,
                overall(themes),
                "hostile",
            )
            record.how = key
            self.taken[normalise(record.text)] = True

    def stories(self) -> None:
        """Add the long texts that are used once."""
        for s in self.sentences:
            if s.mark != "!" or family(s.theme.name) == "noise":
                continue
            channel = s.channels[0]
            for _ in range(300):
                last = FADING_FIX - timedelta(days=1) if s.theme.name == FADING else END
                when = self.a_day(START, last)
                if when.month in s.months:
                    break
            product = self.a_product(when.month, s.products)
            themes = [(s.theme.name, s.theme.sign), *s.also]
            polarity = overall(themes)
            if s.theme.name == COSTLY or any(name == COSTLY for name, _ in s.also):
                raise ValueError("stories must not carry the theme that costs a star")
            rating = self.a_rating(polarity, channel)
            if polarity == "m":
                rating = self.chance.pick(
                    ["4", "4", "5"] if s.theme.sign == "+" else ["2", "2", "3"]
                )
            elif channel == "v" and not rating:
                rating = "5" if polarity == "+" else "1"
            kind = "fading" if s.theme.name == FADING else "regular"
            self.add(s.lang, channel, product, when, rating, s.text, themes, polarity, kind)
            s.uses += 1
            self.taken[normalise(s.text)] = True

    def noise(self) -> None:
        """Add what does not belong here."""
        chance = self.chance
        written = [s for s in self.sentences if family(s.theme.name) == "noise"]
        texts = [(s.lang, s.theme.name, s.channels, s.text) for s in written]
        for s in written:
            s.uses += 1
        keys = "asdfghjklqweruiop"
        while len(texts) < N_NOISE:
            mash = "".join(chance.pick(keys) for _ in range(4 + chance.below(14)))
            if chance.hit(40):
                mash += " " + "".join(chance.pick(keys) for _ in range(3 + chance.below(6)))
            texts.append(("en", "noise.off_topic", "vs", mash))
        for lang, sub, channels, text in texts[:N_NOISE]:
            channel = chance.pick(["s", "s", "v"]) if channels != "c" else "c"
            when = self.a_day(START, END)
            rating = (
                ""
                if channel == "c" or chance.hit(30)
                else str(chance.weighted([(1, 15), (2, 8), (3, 27), (4, 20), (5, 30)]))
            )
            self.taken[normalise(text)] = True
            self.add(
                lang,
                channel,
                self.a_product(when.month),
                when,
                rating,
                text,
                [(sub, "0")],
                "0",
                "noise",
            )

    def stock(self) -> None:
        """Add the stock phrases."""
        chance = self.chance
        for number in range(N_STOCK):
            lang = "en" if number % 10 < 8 else "de" if number % 20 < 19 else "fr"
            channel = chance.weighted([("s", 64), ("v", 26), ("r", 10)])
            sub = (
                "stock.empty"
                if channel == "r"
                else chance.weighted(
                    [("stock.empty", 52), ("stock.short_praise", 38), ("stock.short_blame", 10)]
                )
            )
            pool = [s for s in self.sentences if s.lang == lang and s.theme.name == sub]
            # people agree on a few phrases: the first of a list come most often
            s = chance.weighted([(p, 10 / (2 + i)) for i, p in enumerate(pool)])
            s.uses += 1
            when = self.a_day(START, END)
            rating = self.a_rating(s.theme.sign, channel)
            text = s.text
            if chance.hit(12):
                text = text.upper() if len(text) > 3 else text.capitalize()
            elif chance.hit(10) and text[-1:].isalnum():
                text += "."
            self.taken[normalise(text)] = True
            self.add(
                lang,
                channel,
                self.a_product(when.month),
                when,
                rating,
                text,
                [(sub, s.theme.sign)],
                s.theme.sign,
                "stock",
            )

    def emerging(self) -> None:
        """Add the theme of the last six weeks."""
        chance = self.chance
        for week, count in enumerate(EMERGING_WEEKS):
            first = EMERGING_START + timedelta(days=7 * week)
            for _ in range(count):
                for _ in range(400):
                    day = first + timedelta(days=chance.below(7))
                    when = self.a_day(day, day)
                    lang = chance.weighted([("en", 88), ("de", 7), ("fr", 5)])
                    channel = chance.weighted([("c", 42), ("s", 44), ("v", 14)])
                    product = self.a_product(when.month)
                    mixed = channel == "v" or (channel == "s" and chance.hit(25))
                    if mixed:
                        other = self.pick_sub(
                            lang,
                            product,
                            channel,
                            when.month,
                            "+",
                            [EMERGING, "payment.", "webshop.", "general."],
                        )
                        if not other:
                            continue
                        made = self.compose(
                            lang, channel, product, when.month, other[0], "+", (EMERGING, "-"), 1
                        )
                    else:
                        made = self.compose_focus(lang, channel, product, when.month, EMERGING)
                    if made and self.accept(made[0], made[3]):
                        break
                else:
                    raise RuntimeError("the emerging theme ran out of texts")
                text, themes, polarity, _ = made
                rating = self.a_rating(polarity, channel)
                self.add(lang, channel, product, when, rating, text, themes, polarity, "emerging")

    def compose_focus(self, lang, channel, product, month, sub, length=None):
        """A text that stays with one theme."""
        if length is None:
            length = self.chance.weighted([(1, 34), (2, 48), (3, 18)])
        mains = self.fitting(lang, sub, "-", "", product, channel, month)
        own = [s for s in mains if s.own]
        if own and channel in "cr" and self.chance.hit(50):
            mains = own
        first = self.choose(mains, [])
        if first is None:
            return None
        used, parts = [first], [("main", first.text)]
        while len(used) < length:
            follow = [
                s
                for s in self.fitting(lang, sub, "-", "&", product, channel, month)
                if s not in used and s.uses < MAX_USES + 1
            ]
            if not follow:
                break
            s = self.least(follow)
            used.append(s)
            parts.append(("main", s.text))
        if channel in "vs" and self.chance.hit(12):
            s = self.least(self.pools[(lang, "general.verdict", "-", "&")])
            used.append(s)
            parts.append(("main", s.text))
        if channel == "c":
            head = re.match(r"(?i)(hi|hello|hey|hallo|bonjour|guten)\b", first.text)
            if not head and self.chance.hit(45):
                s = self.least(self.pools[(lang, "general.greeting_chat", "0", "&")])
                parts.insert(0, ("main", s.text))
                used.append(s)
            if self.chance.hit(30):
                s = self.least(self.pools[(lang, "general.thanks_chat", "0", "&")])
                if not ("FG-" in s.text and "FG-" in " ".join(p for _, p in parts)):
                    parts.append(("main", s.text))
                    used.append(s)
        style = self.chance.weighted([("plain", 80), ("lines", 4), ("dots", 8), ("dash", 6)])
        return (
            type_out(self.chance, self.join(parts, style), "-", lang, channel),
            [(sub, "-")],
            "-",
            used,
        )

    def fading(self) -> None:
        """Add the theme that ends with a fix."""
        chance = self.chance
        already = sum(1 for r in self.records if r.kind == "fading")
        for number in range(already, FADING_BEFORE + FADING_AFTER):
            before = number < FADING_BEFORE
            for _ in range(400):
                if before:
                    when = self.a_day(START, FADING_FIX - timedelta(days=1))
                else:
                    when = self.a_day(FADING_FIX, END)
                lang = chance.weighted([("en", 89), ("de", 7), ("fr", 4)])
                channel = chance.weighted([("v", 46), ("r", 20), ("c", 22), ("s", 12)])
                product = chance.weighted([("ridge", 46), ("skerry", 38), ("lap", 16)])
                if channel in "vs" and chance.hit(30):
                    other = self.pick_sub(
                        lang,
                        product,
                        channel,
                        when.month,
                        "+" if chance.hit(60) else "-",
                        [FADING, "durability.", "general.", "repair.", "grip_sole."],
                    )
                    made = other and self.compose(
                        lang, channel, product, when.month, other[0], other[1], (FADING, "-"), 1
                    )
                else:
                    made = self.compose_focus(lang, channel, product, when.month, FADING)
                if made and self.accept(made[0], made[3]):
                    break
            else:
                raise RuntimeError("the fading theme ran out of texts")
            text, themes, polarity, _ = made
            rating = self.a_rating(polarity, channel)
            self.add(lang, channel, product, when, rating, text, themes, polarity, "fading")

    def costly(self) -> None:
        """The wait for a refund: the rating is drawn first, the text follows it."""
        chance = self.chance
        for number in range(N_REFUND_WAIT_RATED + 30):
            rated = number < N_REFUND_WAIT_RATED
            for _ in range(500):
                when = self.a_day(START, END)
                lang = chance.weighted([("en", 89), ("de", 7), ("fr", 4)])
                channel = chance.weighted([("v", 42), ("s", 58)]) if rated else "c"
                product = self.a_product(when.month)
                rating = chance.weighted([(1, 16), (2, 31), (3, 32), (4, 21)]) if rated else 0
                avoid = [
                    COSTLY,
                    "general.",
                    "stores.",
                    "repair.",
                    "durability.long",
                    "loyalty.gifts",
                ]
                if rating >= 3 or (rating == 2 and chance.hit(35)):
                    other = self.pick_sub(lang, product, channel, when.month, "+", avoid)
                    made = other and self.compose(
                        lang,
                        channel,
                        product,
                        when.month,
                        other[0],
                        "+",
                        (COSTLY, "-"),
                        1 if chance.hit(70) else 2,
                    )
                elif rated and chance.hit(35):
                    other = self.pick_sub(lang, product, channel, when.month, "-", avoid)
                    made = other and self.compose(
                        lang, channel, product, when.month, other[0], "-", (COSTLY, "-"), 1
                    )
                else:
                    made = self.compose_focus(lang, channel, product, when.month, COSTLY)
                if made and self.accept(made[0], made[3]):
                    break
            else:
                raise RuntimeError("the theme that costs a star ran out of texts")
            text, themes, polarity, _ = made
            self.add(
                lang,
                channel,
                product,
                when,
                str(rating) if rated else "",
                text,
                themes,
                polarity,
                "costly",
            )

    def regular(self, count: int) -> None:
        """Add everything else."""
        chance = self.chance
        made_count = 0
        misses = 0
        while made_count < count:
            when = self.a_day(START, END)
            lang = self.a_language()
            channel = chance.weighted([("v", 47), ("r", 14), ("c", 13), ("s", 26)])
            product = self.a_product(when.month)
            drawn = self.pick_sub(lang, product, channel, when.month)
            made = drawn and self.compose(lang, channel, product, when.month, drawn[0], drawn[1])
            if not made or not self.accept(made[0], made[3]):
                misses += 1
                if misses > 60000:
                    raise RuntimeError("the corpus is too small for that many records")
                continue
            text, themes, polarity, _ = made
            rating = self.a_rating(polarity, channel)
            self.add(lang, channel, product, when, rating, text, themes, polarity, "regular")
            made_count += 1

    def spaced(self, text: str, number: int) -> str:
        """The same text in another case or spacing."""
        how = number % 6
        if how == 0:
            return text.upper() if len(text.upper()) == len(text) else text.lower()
        if how == 1:
            return text.lower()
        if how == 2:
            return "  " + text + " "
        if how == 3:
            return text.replace(" ", "  ", 2)
        if how == 4:
            return text.replace(" ", "\u00a0", 2)
        return text.replace(" ", "\t", 1) + "\n"

    def duplicates(self) -> None:
        """Repeat some texts exactly."""
        chance = self.chance
        pool = [
            r
            for r in self.records
            if r.kind == "regular"
            and 25 <= len(r.text) <= 260
            and "FG-" not in r.text
            and r.copy_of is None
            and r.lang != "ar"
        ]
        chosen: list[Record] = []
        while len(chosen) < N_DOUBLE_SUBMIT + N_COPIED:
            r = chance.pick(pool)
            if r not in chosen and r.when < END - timedelta(days=40):
                chosen.append(r)
        for number, source in enumerate(chosen):
            if number < N_DOUBLE_SUBMIT:
                when = source.when + timedelta(seconds=20 + chance.below(60 * 60 * 5))
                text = source.text
                rating, channel = source.rating, source.source
                how = "double_submit"
            else:
                when = source.when + timedelta(seconds=3600 + chance.below(86400 * 35))
                text = source.text
                how = "copied"
                if number % 5 < 2:
                    text = self.spaced(source.text, number // 5 * 2 + number % 5)
                    how = "copied_other_case_or_spacing"
                    if normalise(text) != normalise(source.text):
                        raise ValueError("a planted duplicate is not one")
                    if text == source.text:
                        text = source.text + " "
                rating, channel = source.rating, source.source
            record = self.add(
                source.lang,
                channel,
                source.product,
                when,
                rating,
                text,
                source.themes,
                source.polarity,
                "duplicate",
            )
            if how == "double_submit":
                record.customer, record.country = source.customer, source.country
            record.copy_of, record.how = source, how

    def near_duplicates(self) -> None:
        """Repeat some texts with small changes."""
        chance = self.chance
        pool = [
            r
            for r in self.records
            if r.kind == "regular"
            and 45 <= len(r.text) <= 280
            and "\n" not in r.text
            and not any(d.copy_of is r for d in self.records)
        ]
        done: list[Record] = []
        tries = 0
        while len(done) < N_NEAR_DUPLICATES:
            tries += 1
            if tries > 20000:
                raise RuntimeError("no near duplicates found")
            source = chance.pick(pool)
            if source in done or source.when > END - timedelta(days=31):
                continue
            text = source.text
            if source.lang == "en" and not text.isupper():
                hits = [(a, b) for a, b in REWORDINGS if a in text]
                if hits:
                    a, b = chance.pick(hits)
                    text = text.replace(a, b, 1)
            for _ in range(1 + chance.below(2)):
                text = typo(chance, text, source.lang)
            if chance.hit(35):
                text = text.rstrip(".!") + chance.pick(
                    ["!", "", "...", " :)" if source.polarity == "+" else "!!"]
                )
            key = normalise(text)
            like = overlap(words_of(text), words_of(source.text))
            if key in self.taken or key == normalise(source.text) or like < 0.68 or like > 0.97:
                continue
            self.taken[key] = True
            when = source.when + timedelta(seconds=600 + chance.below(86400 * 30))
            record = self.add(
                source.lang,
                source.source,
                source.product,
                when,
                source.rating,
                text,
                source.themes,
                source.polarity,
                "near_duplicate",
            )
            record.near_to = source
            done.append(source)

    # ---- the planted effect --------------------------------------------

    def gap(self, by_source: bool = False) -> tuple[float, int]:
        """Mean rating with the theme less that of the same product's other records."""
        cells: dict[tuple, list[list[int]]] = {}
        for r in self.records:
            if not r.rating:
                continue
            key = (r.product, r.source if by_source else "")
            cell = cells.setdefault(key, [[], []])
            cell[0 if any(name == COSTLY for name, _ in r.themes) else 1].append(int(r.rating))
        total, weight = 0.0, 0
        for key in sorted(cells):
            with_theme, without = cells[key]
            if with_theme and without:
                total += (sum(with_theme) / len(with_theme) - sum(without) / len(without)) * len(
                    with_theme
                )
                weight += len(with_theme)
        return total / weight, weight

    def balance(self) -> None:
        """Nudge single ratings until the planted effect is where it should be."""
        copies = [r.copy_of for r in self.records if r.copy_of] + [
            r.near_to for r in self.records if r.near_to
        ]
        movable = [r for r in self.records if r.kind == "costly" and r.rating and r not in copies]
        for r in movable:
            now, _ = self.gap()
            if abs(now - COSTLY_TARGET) < 0.01:
                break
            if now < COSTLY_TARGET and r.rating in "123" and (r.rating != "3" or r.polarity == "m"):
                r.rating = str(int(r.rating) + 1)
            elif now > COSTLY_TARGET and r.rating in "234":
                r.rating = str(int(r.rating) - 1)

    # ---- everything ----------------------------------------------------

    def build(self) -> None:
        """Build all records and number them in order of time."""
        self.hostile()
        self.stories()
        self.noise()
        self.stock()
        self.emerging()
        self.fading()
        self.costly()
        planned = N_DOUBLE_SUBMIT + N_COPIED + N_NEAR_DUPLICATES
        self.regular(N_RECORDS - len(self.records) - planned)
        self.near_duplicates()
        self.duplicates()
        self.balance()
        self.records.sort(key=lambda r: (r.when, r.serial))
        for number, record in enumerate(self.records, 1):
            record.fid = f"FB-{number:05d}"


FIELDS = [
    "feedback_id",
    "created_at",
    "source",
    "product",
    "rating",
    "feedback_text",
    "customer_id",
    "country",
    "language",
]


def csv_cell(value: str) -> str:
    """Quote a value where needed. By hand, as the csv module's idea of that has changed."""
    if re.search(r'[",\r\n]', value) or value != value.strip():
        return '"' + value.replace('"', '""') + '"'
    return value


def csv_line(values: list[str]) -> str:
    """Return one line of CSV."""
    return ",".join(csv_cell(value) for value in values) + "\n"


def to_csv(records: list[Record]) -> str:
    """Return the table as text."""
    rows = [
        [
            r.fid,
            r.when.strftime("%Y-%m-%dT%H:%M:%SZ"),
            SOURCES[r.source],
            PRODUCTS[r.product][0],
            r.rating,
            r.text,
            r.customer,
            r.country,
            r.lang,
        ]
        for r in records
    ]
    return "".join(csv_line(row) for row in [FIELDS, *rows])


POLARITY_NAMES = {"+": "positive", "-": "negative", "m": "mixed", "0": "neutral"}


def to_truth(builder: Builder) -> dict:
    """Return what is true about the records."""
    records = builder.records
    canonical: dict[str, str] = {}
    all_duplicates = []
    for r in records:
        key = normalise(r.text)
        if key in canonical:
            all_duplicates.append([r.fid, canonical[key]])
        else:
            canonical[key] = r.fid
    planted = [[r.fid, canonical[normalise(r.text)], r.how] for r in records if r.copy_of]
    near = [
        [r.fid, r.near_to.fid, round(overlap(words_of(r.text), words_of(r.near_to.text)), 3)]
        for r in records
        if r.near_to is not None
    ]

    def with_theme(name):
        return [r for r in records if any(sub == name for sub, _ in r.themes)]

    emerging = with_theme(EMERGING)
    fading = with_theme(FADING)
    costly = with_theme(COSTLY)
    costly_rated = [r for r in costly if r.rating]
    gap, weight = builder.gap()
    gap_source, _ = builder.gap(by_source=True)
    rated = [int(r.rating) for r in records if r.rating]
    weekly = []
    for week in range(6):
        first = EMERGING_START + timedelta(days=7 * week)
        weekly.append(
            [
                first.strftime("%Y-%m-%d"),
                sum(1 for r in emerging if first <= r.when < first + timedelta(days=7)),
            ]
        )
    monthly: dict[str, int] = {}
    for r in fading:
        month = r.when.strftime("%Y-%m")
        monthly[month] = monthly.get(month, 0) + 1

    def count(values):
        found: dict[str, int] = {}
        for value in values:
            found[value] = found.get(value, 0) + 1
        return {key: found[key] for key in sorted(found)}

    labels = {}
    for r in records:
        names = []
        for name, sign in r.themes:
            if [name, sign] not in names:
                names.append([name, sign])
        labels[r.fid] = [r.themes[0][0], names, POLARITY_NAMES[r.polarity]]
    return {
        "seed": SEED,
        "totals": {
            "records": len(records),
            "first_created_at": records[0].when.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "last_created_at": records[-1].when.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "distinct_normalised_texts": len(canonical),
            "duplicate_records": len(records) - len(canonical),
            "rated_records": len(rated),
            "mean_rating": round(sum(rated) / len(rated), 4),
            "by_source": count(SOURCES[r.source] for r in records),
            "by_language": count(r.lang for r in records),
            "by_product": count(PRODUCTS[r.product][0] for r in records),
            "by_polarity": count(POLARITY_NAMES[r.polarity] for r in records),
            "by_primary_theme": count(r.themes[0][0] for r in records),
            "by_any_theme": count(
                name for r in records for name in sorted({sub for sub, _ in r.themes})
            ),
            "corpus_sentences": count(s.lang for s in builder.sentences),
            "corpus_distinct_sentences": len({normalise(s.text) for s in builder.sentences}),
        },
        "normalisation": "trim, collapse every run of whitespace (tab, newline and no-break space"
        " included) to one space, lower-case",
        "exact_duplicates": {
            "planted_count": len(planted),
            "planted_format": "[feedback_id, canonical feedback_id, kind]",
            "planted": planted,
            "all_count": len(all_duplicates),
            "all_format": "[feedback_id, canonical feedback_id]; the canonical record is the"
            " earliest by created_at, then feedback_id",
            "all": all_duplicates,
        },
        "near_duplicates": {
            "count": len(near),
            "format": "[feedback_id, original feedback_id, word overlap (Jaccard)]",
            "pairs": near,
        },
        "emerging_theme": {
            "name": EMERGING,
            "description": "Since the app update of July 2026 the basket is emptied before"
            " payment.",
            "first_date": emerging[0].when.strftime("%Y-%m-%d"),
            "not_before": EMERGING_START.strftime("%Y-%m-%d"),
            "keywords": [
                "basket",
                "cart",
                "update",
                "checkout",
                "empty",
                "app",
                "Warenkorb",
                "panier",
            ],
            "count": len(emerging),
            "weekly": weekly,
            "ids": [r.fid for r in emerging],
        },
        "fading_theme": {
            "name": FADING,
            "description": "Soles came off because of a bad glue batch; fixed on the date given.",
            "fix_date": FADING_FIX.strftime("%Y-%m-%d"),
            "keywords": [
                "sole",
                "glue",
                "detaching",
                "peeling",
                "unglued",
                "Sohle",
                "Kleber",
                "semelle",
                "colle",
            ],
            "count": len(fading),
            "count_before_fix": sum(1 for r in fading if r.when < FADING_FIX),
            "count_from_fix_on": sum(1 for r in fading if r.when >= FADING_FIX),
            "monthly": {key: monthly[key] for key in sorted(monthly)},
            "ids": [r.fid for r in fading],
        },
        "costs_a_star": {
            "name": COSTLY,
            "description": "Customers who wait for a refund rate about one star lower than other"
            " customers of the same product.",
            "expected_effect": COSTLY_TARGET,
            "tolerance": 0.25,
            "measured_effect_within_product": round(gap, 4),
            "measured_effect_within_product_and_source": round(gap_source, 4),
            "method": "per product: mean rating of the rated records with the theme less the mean"
            " rating of all its other rated records; averaged over products, weighted by"
            " the number of rated records with the theme",
            "rated_count": weight,
            "mean_rating_with_theme": round(
                sum(int(r.rating) for r in costly_rated) / len(costly_rated), 4
            ),
            "count": len(costly),
            "keywords": [
                "refund",
                "money back",
                "weeks",
                "returned",
                "Erstattung",
                "remboursement",
            ],
            "ids": [r.fid for r in costly],
        },
        "noise": {
            "count": sum(1 for r in records if r.kind == "noise"),
            "ids": [r.fid for r in records if r.kind == "noise"],
        },
        "stock_phrases": {
            "count": sum(1 for r in records if r.kind == "stock"),
            "ids": [r.fid for r in records if r.kind == "stock"],
        },
        "hostile": {r.how: r.fid for r in records if r.kind == "hostile"},
        "labels_format": "feedback_id: [primary theme, [[theme, sign], ...], polarity of the whole"
        " text]; + praise, - complaint, 0 neutral",
        "labels": labels,
    }


def truth_to_json(truth: dict) -> str:
    """JSON with one line for each label, so that a change can be read."""
    head = {key: value for key, value in truth.items() if key != "labels"}
    lines = ["{"]
    for key, value in head.items():
        if isinstance(value, dict):
            lines.append(f"  {json.dumps(key)}: {{")
            inner = [
                f"    {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}"
                for k, v in value.items()
            ]
            lines.append(",\n".join(inner))
            lines.append("  },")
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)},")
    lines.append('  "labels": {')
    lines.append(
        ",\n".join(
            f"    {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}"
            for k, v in truth["labels"].items()
        )
    )
    lines.append("  }")
    lines.append("}")
    return "\n".join(lines) + "\n"


def generate() -> tuple[str, str, Builder]:
    """Return the table, the truth as JSON, and the builder."""
    builder = Builder()
    builder.build()
    return to_csv(builder.records), truth_to_json(to_truth(builder)), builder


def print_stats(builder: Builder, truth: dict) -> None:
    """Print how the data turned out."""
    print(json.dumps(truth["totals"], indent=1, ensure_ascii=False))
    uses: dict[int, int] = {}
    for s in builder.sentences:
        if family(s.theme.name) not in ("stock", "noise") and s.mark != "!":
            uses[s.uses] = uses.get(s.uses, 0) + 1
    print("uses of a sentence: number of sentences", sorted(uses.items()))
    often = sorted(
        (-s.uses, s.text)
        for s in builder.sentences
        if family(s.theme.name) != "stock" and s.uses > 8
    )
    for uses_negative, text in often:
        print(-uses_negative, text)
    for key in ("emerging_theme", "fading_theme", "costs_a_star", "noise", "stock_phrases"):
        print(key, {k: v for k, v in truth[key].items() if k != "ids"})
    print(
        "exact duplicates planted",
        truth["exact_duplicates"]["planted_count"],
        "all",
        truth["exact_duplicates"]["all_count"],
        "near",
        truth["near_duplicates"]["count"],
    )


def main(argv: list[str] | None = None) -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description="Write the demo data.")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for the two files")
    parser.add_argument("--stats", action="store_true", help="print how the data turned out")
    args = parser.parse_args(argv)
    table, truth, builder = generate()
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "feedback.csv").write_bytes(table.encode("utf-8"))
    (args.out / "truth.json").write_bytes(truth.encode("utf-8"))
    if args.stats:
        print_stats(builder, to_truth(builder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
