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

LANGUAGES = [("en", 92.7), ("de", 3.5), ("fr", 3.8)]

# Channel: of a hundred records so many have no rating. Chats never have one.
UNRATED = {"v": 1.5, "r": 30, "s": 9}

# Polarity of the text: stars and their weights.
STARS = {
    "+": [(5, 62), (4, 33), (3, 4), (1, 1)],
    "-": [(1, 33), (2, 39), (3, 23), (4, 4), (5, 1)],
    "m": [(2, 18), (3, 47), (4, 31), (5, 4)],
    "0": [(3, 45), (4, 38), (5, 12), (2, 5)],
}
