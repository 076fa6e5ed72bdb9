"""How people type: emoji, abbreviations, slips, and words that may lose their capital."""

from __future__ import annotations

# Polarity of the text: one of these at its end.
EMOJI = {
    "+": ["😊", "👍", "😍", "🙌", "👌", "❤️", "🥾", "😀", "⭐⭐⭐⭐⭐", "💪"],
    "-": ["😡", "👎", "🙄", "😞", "😤", "😠", "🤬", "😭", "🤷"],
    "m": ["🤔", "😐", "🤷", "🙃", "😕"],
    "0": ["🙂", "🤔"],
}

# Pattern: how people in a hurry write it.
ABBREVIATIONS = [
    (r"\byou\b", "u"),
    (r"\bplease\b", "pls"),
    (r"\bbecause\b", "cos"),
    (r"\band\b", "&"),
    (r"\bwith\b", "w/"),
    (r"\bthough\b", "tho"),
    (r"\bdefinitely\b", "defo"),
    (r"\bwithout\b", "w/o"),
    (r"\bare\b", "r"),
]

# language: what is right, and what slips out instead
MISSPELLINGS: dict[str, list[tuple[str, str]]] = {
    "en": [
        ("definitely", "definately"),
        ("waterproof", "waterprof"),
        ("received", "recieved"),
        ("too ", "to "),
        ("their", "there"),
        ("comfortable", "confortable"),
        ("really", "realy"),
        ("because", "becuase"),
        ("delivery", "delivary"),
        ("weird", "wierd"),
        ("quality", "qualty"),
        ("which", "wich"),
        ("until", "untill"),
        ("again", "agian"),
        ("don't", "dont"),
        ("didn't", "didnt"),
        ("can't", "cant"),
        ("it's", "its"),
        ("I've", "ive"),
        ("I'm", "im"),
        ("wouldn't", "wouldnt"),
        ("refund", "refound"),
        ("size", "sise"),
        ("disappoint", "dissapoint"),
        ("leather", "lether"),
        ("doesn't", "doesnt"),
        ("that's", "thats"),
        ("bought", "brought"),
        ("lose", "loose"),
        ("the ", "teh "),
    ],
    "de": [
        ("ß", "ss"),
        ("ü", "ue"),
        ("ä", "ae"),
        ("dass", "das"),
        ("ö", "oe"),
        (" nicht", " nciht"),
        ("sch", "shc"),
    ],
    "fr": [
        ("é", "e"),
        ("è", "e"),
        ("à", "a"),
        ("ç", "c"),
        ("ê", "e"),
        (" est ", " et "),
    ],
}
NEXT_KEY = {"a": "s", "e": "r", "i": "o", "o": "p", "t": "r", "n": "m", "s": "d", "l": "k"}

# A sentence that begins with one of these may go on in lower case behind another one; any other
# first word could be a name or a German noun.
_MAY_LOSE_CAPITAL = """
the they it it's my we a an after had no not one only took two three still got there there's
too very these this that sold size waiting website app heel toes delivery courier lace laces
colour stitching great nice good bone light comfort fit fits grip customer support refund
return returns box so such some even ordered bought way wide sole soles worth chemical feet
half all left in dry charged discount really water when price tracking your
die der das ein eine kein keine nach seit viel bei am auf für im sehr
la le les un une pas très toujours beaucoup trop colis livraison retour ampoules mal
"""
LOWER_OK = frozenset(_MAY_LOSE_CAPITAL.split())

# What a copyist may change in an English text.
REWORDINGS = [
    (" very ", " really "),
    (" really ", " very "),
    (" took ", " needed "),
    (" great", " good"),
    (" arrived", " came"),
    (" bought ", " purchased "),
    (" after ", " within "),
    (" my ", " the "),
    (" was ", " is "),
    (" the ", " "),
    ("I've ", "I have "),
    ("It's ", "It is "),
    ("I'm ", "I am "),
    ("don't", "do not"),
    (" just ", " "),
    (" all ", " "),
    (" and ", " & "),
    (" so ", " very "),
    (" but ", " although "),
    (" still ", " "),
    (" to ", " to to "),
    (" they ", " these "),
    (" even ", " "),
]
