"""Who writes, when, through which channel, and with how many stars."""

from __future__ import annotations

SOURCES = {"v": "product_review", "r": "return_form", "c": "support_chat", "s": "survey"}

COUNTRIES = {
    "en": [
        ("GB", 76),
        ("IE", 10),
        ("NL", 4),
        ("SE", 3),
        ("NO", 3),
        ("DK", 2),
        ("FI", 1),
        ("PL", 1),
    ],
    "de": [("DE", 74), ("AT", 15), ("CH", 11)],
    "fr": [("FR", 70), ("BE", 17), ("CH", 9), ("LU", 4)],
    "ar": [("GB", 1)],
}

# Feedback by month from September on: autumn and Christmas are busy, so is early summer.
MONTH_WEIGHTS = [9, 10, 11, 12, 9, 7, 8, 8, 9, 9, 8, 8]

# Feedback by hour of the day.
HOUR_WEIGHTS = [2, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 9, 10, 9, 8, 8, 9, 10, 12, 14, 15, 13, 9, 5]
