"""Text from feedback, made safe to look at: what steers a reader's eye is shown as a sign."""

from __future__ import annotations

import re

_STEERING = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
"""Controls, and all marks that change the direction of what follows (Unicode UAX #9)."""


def visible(text: str) -> str:
    """The same text with such signs by their number, as in [U+202E]; the page escapes the rest."""
    return _STEERING.sub(lambda sign: f"[U+{ord(sign.group()):04X}]", text)
