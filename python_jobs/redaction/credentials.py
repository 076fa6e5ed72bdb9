"""Passwords, keys and tokens, by their issuer's prefix or by the words before them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from python_jobs.redaction.pattern import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from python_jobs.redaction.pattern import Span

# Prefixes as their issuers document them.
_ISSUED = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"sk-[A-Za-z0-9_-]{16,}+|[rsp]k_(?:live|test)_[A-Za-z0-9]{10,}+|whsec_[A-Za-z0-9+/=]{16,}+"
    r"|(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{16}(?![A-Za-z0-9])"
    r"|gh[opsur]_[A-Za-z0-9_]{20,}+|github_pat_[A-Za-z0-9_]{20,}+|gl[a-z]{2,5}-[A-Za-z0-9_-]{20,}+"
    r"|xox[a-z](?:-|\.[a-z]{3}-)[A-Za-z0-9-]{8,}+|xapp-[A-Za-z0-9-]{10,}+"
    r"|AIza[A-Za-z0-9_-]{30,}+|ya29\.[A-Za-z0-9_-]{16,}+|GOCSPX-[A-Za-z0-9_-]{16,}+"
    r"|SG\.[A-Za-z0-9_-]{16,64}+\.[A-Za-z0-9_-]{16,}+|key-[0-9a-f]{32}(?![0-9a-f])"
    r"|(?:npm|hf|dop_v1|glsa|shp[a-z]{2}|dckr_pat)_[A-Za-z0-9_-]{20,}+|pypi-[A-Za-z0-9_-]{16,}+"
    r"|eyJ[A-Za-z0-9_-]{8,2048}+\.[A-Za-z0-9_-]{4,}+(?:\.[A-Za-z0-9_-]*+){0,3}+"
    r")"
)
# A key that was cut off takes the rest of the text along.
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----))*+"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?+"
)
_AUTHORIZATION = re.compile(
    r"\b(?:bearer|basic|authorization ?[:=]) {1,3}+(?P<value>[A-Za-z0-9._~+/=-]{12,}+)",
    re.IGNORECASE,
)

_STRONG = (
    r"(?:pass-?word|passwort|passwd|kennwort|pwd|pw|passphrase|passcode|mot de passe|mdp|contraseña"
    r"|senha|wachtwoord|lösenord|hasło|adgangskode|salasana|security answer|sicherheitsantwort)"
)
_WEAK = (
    r"(?:api[ _-]?key|secret(?:[ _-]?key)?|access[ _-]?(?:key|token)|auth[ _-]?token|token"
    r"|client[ _-]?secret|private[ _-]?key|(?:aws_)?secret_access_key|account[ _-]?key|schlüssel"
    r"|clé)"
)
_SHORT = (
    r"(?:pin|tan|cvv2?|cvc2?|otp|puk|prüfnummer|geheimzahl|code secret|cryptogramme"
    r"|(?:verification|security|one-time|confirmation) code|bestätigungscode|sicherheitscode"
    r"|code de (?:vérification|sécurité))"
)
_LINK = (
    r"(?:[ _-](?:for|of|to|für|zum|zu|von|pour|de|du|le|la|my|the|this|mein|meine|meinem|mon|ma"
    r"|mes|konto|account|compte|login|app|shop|site|website|user|number|nummer|code|nr|still"
    r"|here|hier)\b){0,5}+"
)
_SET = r" ?(?:[:=]|=>|->)[ \n]{0,2}"
_IS = r" (?:is|was|ist|lautet|war|est|était|es|è)[ :]{1,2}"
_QUOTE = r"[\"“”„«»'‘’`]"
_WORD = r"[^\s\"“”„«»]"

_ASSIGNED = re.compile(
    rf"\b{_STRONG}{_LINK}{_SET}{_QUOTE}?(?P<value>{_WORD}{{3,}}+)", re.IGNORECASE
)
_IN_QUOTES = rf"{_QUOTE} ?(?! )(?P<value>[^\n\"“”„«»`]{{3,100}}?) ?(?:[\"“”„«»`]|['‘’](?!\w))"
_QUOTED = re.compile(rf"\b(?:{_STRONG}|{_WEAK}){_LINK}(?:{_SET}|{_IS}){_IN_QUOTES}", re.IGNORECASE)
_BESIDE = re.compile(rf"\b(?:{_STRONG}|{_WEAK}){_LINK} {_IN_QUOTES}", re.IGNORECASE)
_STATED = re.compile(rf"\b{_STRONG}{_LINK}(?:{_IS}| )(?P<value>{_WORD}{{4,}}+)", re.IGNORECASE)
_NAMED = re.compile(rf"\b{_WEAK}{_LINK}(?:{_SET}|{_IS}| )(?P<value>{_WORD}{{8,}}+)", re.IGNORECASE)
_NUMBER = r"(?P<value>\d{3,8}+)(?!\w|[.,:/-]\d)"
_NUMBERED = re.compile(rf"\b{_SHORT}{_LINK}(?:{_SET}|{_IS}){_NUMBER}", re.IGNORECASE)
_ABBREVIATED = re.compile(rf"\b(?:PIN|TAN|CVV2?|CVC2?|OTP|PUK) {_NUMBER}")
# A first look, on lower case: three times as fast as ignoring case, and most texts hold no cue.
_CUE = re.compile(rf"\b(?:{_STRONG}|{_WEAK}|{_SHORT}|bearer|basic|authorization)")
_ENDING = ".,;:)]}?'‘’"


def _is_mixed(value: str) -> bool:
    """Digits among other characters: words of a sentence have none."""
    return any(each.isdecimal() for each in value) and any(each.isalpha() for each in value)


def _is_stated(value: str) -> bool:
    """What follows "my password is": mixed, or a number of four digits or more."""
    return value.isdecimal() or _is_mixed(value)


def _is_no_word(value: str) -> bool:
    """In quotes anything but a word, as in: the password "reset" link."""
    return not value.isalpha()


def _any(value: str) -> bool:  # noqa: ARG001
    return True


_AFTER_WORDS: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
    (_AUTHORIZATION, _is_mixed),
    (_ASSIGNED, _any),
    (_QUOTED, _any),
    (_BESIDE, _is_no_word),
    (_STATED, _is_stated),
    (_NAMED, _is_mixed),
    (_NUMBERED, _any),
    (_ABBREVIATED, _any),
)


def _find(text: str) -> Iterator[Span]:
    for expression in (_ISSUED, _PRIVATE_KEY):
        for match in expression.finditer(text):
            yield match.span()
    if not _CUE.search(text.lower()):
        return
    for expression, is_value in _AFTER_WORDS:
        for match in expression.finditer(text):
            value = match["value"].rstrip(_ENDING)
            if len(value) > 2 and is_value(value):
                yield match.start("value"), match.start("value") + len(value)


SECRET = Pattern(
    name="secret",
    token="[SECRET]",  # noqa: S106
    description="passwords, PINs, API keys, bearer tokens, JWTs, private keys",
    find=_find,
)
