"""Colours that people with any colour vision can tell apart."""

from __future__ import annotations

TOL_MUTED = (
    "#332288",
    "#CC6677",
    "#117733",
    "#88CCEE",
    "#882255",
    "#DDCC77",
    "#44AA99",
    "#AA4499",
    "#999933",
)
"""Paul Tol's qualitative scheme "muted" (technical note SRON/EPS/TN/09-002, 2021), reordered so
that colours next in line differ in lightness too. Its pale grey is kept for noise."""

NOISE = "#C9C9C9"
LIGHTEST = 0.7
"""Luminance of a bar that can be seen on white."""

INK = "#222222"
FAINT_INK = "#666666"


def colours(count: int) -> list[str]:
    """As many colours, as `#RRGGBB`: the scheme, then two rounds of its tones, then again."""
    rounds = (
        TOL_MUTED,
        tuple(tone(colour, -0.4) for colour in TOL_MUTED),
        # lighter where that leaves a colour that can be seen on white
        tuple(tone(colour, -0.18 if luminance(colour) > 0.3 else 0.4) for colour in TOL_MUTED),
    )
    every = [colour for tones_of_round in rounds for colour in tones_of_round]
    return [every[at % len(every)] for at in range(count)]


def luminance(colour: str) -> float:
    """Relative luminance from 0 (black) to 1 (white), as WCAG 2 defines it."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def darkened(colour: str) -> str:
    """The colour, as dark as text on white must be (contrast of 7:1 or more)."""
    while 1.05 / (luminance(colour) + 0.05) < 7:
        colour = tone(colour, -0.1)
    return colour


def tone(colour: str, amount: float) -> str:
    """The colour mixed with white (`amount` above 0, up to 1) or with black (down to -1)."""
    towards = 255 if amount > 0 else 0
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    mixed = [round(part + (towards - part) * abs(amount)) for part in parts]
    return "#" + "".join(f"{part:02X}" for part in mixed)


def tones(colour: str, count: int) -> list[str]:
    """As many tones of one colour, from the colour itself to one that shows on white."""
    lightest = 0.72
    while lightest > 0 and luminance(tone(colour, lightest)) > LIGHTEST:
        lightest = round(lightest - 0.06, 2)
    return [tone(colour, lightest * at / max(count - 1, 1)) for at in range(count)]
