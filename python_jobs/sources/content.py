"""Which texts are the same, for files that no database reads.

dbt decides this for loaded feedback (`macros/cross_db/normalised_text.sql` and `sha256_hex.sql`);
a test on the embedded server holds the two to each other.
"""

from __future__ import annotations

import hashlib

_WHITE = str.maketrans(dict.fromkeys("\t\n\v\f\r\xa0\u200b\ufeff", " "))
_OPEN, _CLOSE = "\ue000", "\ue001"


def normalised(text: str) -> str:
    """Lower case, every run of white space one space, none at the ends."""
    spaced = text.translate(_WHITE).replace(" ", _OPEN + _CLOSE)
    single = spaced.replace(_CLOSE + _OPEN, "").replace(_OPEN + _CLOSE, " ").strip(" ")
    # Postgres maps character by character ("C.UTF-8"); for these two Python looks further.
    return single.replace("İ", "i").replace("Σ", "σ").lower()


def content_hash(text: str) -> str:
    """SHA-256 (hex) of the normalised text.

    Raises:
        UnicodeEncodeError: the text holds half a character.
    """
    return hashlib.sha256(normalised(text).encode()).hexdigest()
