"""How people type: emoji, abbreviations, slips, and words that may lose their capital."""

from __future__ import annotations

# by polarity of the text
EMOJI = {
    "+": ["😊", "👍", "😍", "🙌", "👌", "❤️", "🥾", "😀", "⭐⭐⭐⭐⭐", "💪"],
    "-": ["😡", "👎", "🙄", "😞", "😤", "😠", "🤬", "😭", "🤷"],
    "m": ["🤔", "😐", "🤷", "🙃", "😕"],
    "0": ["🙂", "🤔"],
}

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

MISSPELLINGS = [
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
]

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
