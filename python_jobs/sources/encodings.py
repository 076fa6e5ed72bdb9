"""Text that is not in the encoding it should be in: where, and what it looks like."""

from __future__ import annotations

import codecs
import re
from typing import IO

from python_jobs.errors import UsageError

_CHUNK = 1 << 16
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# One byte a character, Western European; in the order in which they are met
_WESTERN = ("cp1252", "cp850", "mac-roman")
_LETTERS = frozenset("äöüßàâáãåæçéèêëíìîïñóòôõøúùûýœ")
_SIGNS = frozenset("’‘“”„–—…€£°´§©®™«»¿¡ªº\u00a0")
_SIGNS_WITHIN_WORDS = frozenset("’–—")
_RUNS = re.compile(rb"[\x80-\xff]{3,}")
# So many characters in good UTF-8 are no accident of another encoding
_NO_ACCIDENT = 3


def wide(head: bytes) -> str | None:
    """Name the encoding of two or four bytes a character that a file's start shows, if any."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 < len(head):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def undecodable(name: str, file: IO[bytes], encoding: str) -> UsageError:
    """Find where a file stops being `encoding`, and what it looks like there.

    The file is read again from its start, piece by piece: text streams do not tell where in
    the file an error is.

    Args:
        name: the file's, for the message.
        file: open at its start.
        encoding: that it should have.
    """
    shown = "UTF-8" if encoding == "utf-8-sig" else encoding
    decoder = codecs.getincrementaldecoder(encoding)()
    line, read, beyond = 1, 0, 0
    while True:
        chunk = file.read(_CHUNK)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(error.encoding, "ignore")
            line += before.count("\n")
            offset = read + len(chunk) - len(error.object) + error.start
            beyond += _beyond_ascii(before)
            window = error.object + file.read(_CHUNK)
            break
        except UnicodeError:  # utf-16 without a byte order mark: no position is known
            return UsageError(f"{name} is not {shown}", hint="name its --encoding")
        if not chunk:
            return UsageError(f"{name} is not {shown}", hint="name its --encoding")
        line, read = line + text.count("\n"), read + len(chunk)
        beyond += _beyond_ascii(text)
    where = f"{name} is not {shown}: line {line}, byte {offset}"
    if encoding != "utf-8-sig":
        return UsageError(where, hint="name another --encoding, or none for UTF-8")
    return _not_utf8(where, window, valid_before=beyond >= _NO_ACCIDENT)


def _not_utf8(where: str, window: bytes, *, valid_before: bool) -> UsageError:
    if valid_before:
        return UsageError(
            f"{where}; up to there it holds accented letters or symbols in good UTF-8",
            hint="a byte is damaged or two encodings are mixed: export the file again as UTF-8",
        )
    likely = likely_western(window)
    if likely:
        return UsageError(
            f"{where}; it looks like {likely}",
            hint=f"--encoding {likely}, or export the file again as UTF-8",
        )
    return UsageError(
        f"{where}; what it is instead is not clear",
        hint="name it, as in --encoding cp1251, shift_jis or gb18030, or export it as UTF-8",
    )


def _beyond_ascii(text: str) -> int:
    return 0 if text.isascii() else sum(not each.isascii() for each in text)


def likely_western(window: bytes) -> str | None:
    """Name the Western European encoding in which bytes make most sense; None where in none.

    An encoding makes sense where nine in ten characters beyond ASCII are letters or signs
    where such languages have them. Where such characters mostly stand three in a row, as in
    Cyrillic or Japanese, the language is none of them.
    """
    beyond = sum(byte >= 0x80 for byte in window)
    if 2 * sum(len(run) for run in _RUNS.findall(window)) > beyond:
        return None
    for encoding in _WESTERN:
        try:
            text = f" {window.decode(encoding)} "
        except UnicodeDecodeError:
            continue
        good = sum(_in_place(text, at) for at, each in enumerate(text) if not each.isascii())
        if good >= 0.9 * beyond:
            return encoding
    return None


def _in_place(text: str, at: int) -> bool:
    before, character, after = text[at - 1], text[at], text[at + 1]
    if character.isalpha() and character not in _SIGNS:
        within_lower = character.isupper() and before.islower()
        return character.lower() in _LETTERS and not within_lower
    within_word = before.isalpha() and after.isalpha()
    return character in (_SIGNS_WITHIN_WORDS if within_word else _SIGNS)
