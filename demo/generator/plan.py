"""How much of what the data holds, and when."""

from __future__ import annotations

from datetime import UTC, datetime

SEED = 20260831
START = datetime(2025, 9, 1, tzinfo=UTC)
END = datetime(2026, 8, 31, 23, 59, 59, tzinfo=UTC)

N_RECORDS = 3000
N_NOISE = 150
N_STOCK = 190
N_DOUBLE_SUBMIT = 30  # the same customer sends the same text twice
N_COPIED = 50  # another customer has the same text, some in other case or spacing
N_NEAR_DUPLICATES = 40
MAX_USES = 8  # no sentence is used more often than this, but for short ones that follow others

EMERGING = "app.basket_emptied"
EMERGING_START = datetime(2026, 7, 21, tzinfo=UTC)
EMERGING_WEEKS = [7, 11, 15, 20, 25, 32]

FADING = "durability.sole_detaching"
FADING_FIX = datetime(2026, 2, 15, tzinfo=UTC)
FADING_BEFORE = 150
FADING_AFTER = 6

COSTLY = "returns.refund_wait"
COSTLY_TARGET = -1.0  # stars
N_COSTLY_RATED = 165
N_COSTLY_UNRATED = 30
