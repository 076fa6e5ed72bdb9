"""Texts that may be addressed to the model rather than to the company.

Such a text gets a request of its own, where the only answer it can spoil is its own. So a false
alarm costs one more request and nothing else, and the rules may be generous: they look for words
and signs that customers rarely use about a product and that an order to a tagger can hardly do
without.

- structure: JSON, markup, chat templates, code fences, headings, a line that begins with a role
  ("system:").
- task: instructions, prompts, categories, classification, JSON, sentiment, language models; and a
  category's key with an underscore, as in `price_and_value`.
- setting aside: ignore, disregard, forget, override.
- neighbours: all items, every review, the next text, the rest of the list.
- answer: answer only, reply with, return, an empty list, swap the answers.
- hiding: invisible or reversing characters, letters with spaces between them, runs of base64.

The words are English, German and French, with the commonest Spanish, Italian and Dutch ones;
accents, full-width letters, invisible characters and digits for letters do not get past them.
What is written in another language, or in words nobody thought of, may: no list is complete.
`insights tag --items-per-request 1` needs none.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_NEIGHBOUR = r"""(?:
    items? | entr(?:y|ies) | reviews? | feedbacks? | te?xts? | comments? | answers? | messages?
  | records? | rows? | customers? | submissions? | inputs? | outputs? | responses? | ids? | ones
  | eintraege?n? | eintrags? | texten? | textes | bewertung(?:en)? | rueckmeldung(?:en)?
  | kommentare?n? | antwort(?:en)? | kunden | nachricht(?:en)? | meldung(?:en)? | liste
  | elements? | avis | commentaires? | retours? | reponses? | entrees? | clients? | identifiants?
  | elementos? | resenas? | textos? | comentarios? | respuestas? | clientes
  | element[io] | recension[ie] | test[io] | comment[io] | rispost[ae]
  | teksten | beoordelingen | antwoorden | list | batch | lot | stapel
)\b"""
_WHICH = r"""\b(?:
    all | every | each | any | others? | next | previous | following | preceding | first | last
  | remaining | rest | above | below | both | neighbou?r(?:ing|s)? | these | those
  | this | whole | entire | same
  | alle[nrsm]? | jede[nrsm]? | andere[nrsm]? | uebrige[nrsm]? | restliche[nrsm]? | diese[nrsm]?
  | vorherige[nrsm]? | vorige[nrsm]? | naechste[nrsm]? | folgende[nrsm]? | saemtliche[nrsm]?
  | benachbarte[nrsm]? | gesamte[nrsm]?
  | tous | toutes? | tout | chaque | autres? | suivante?s? | precedente?s? | restante?s? | reste
  | voisin(?:e?s)? | ces | cette | cet | meme
  | todos | todas | cada | otros | otras | siguientes? | anteriores
  | tutti | tutte | ogni | altri | altre | seguenti | precedenti | volgende
)\b"""
_NEAR = r"(?:[\s'’\"“„-]+\w+){0,2}?[\s'’\"“„-]+"

_RULES = {
    "structure": r"""
        ["'“”]\s*(?:id|text|tags?|category|categories|sentiment|answers?|role|content)\s*["'“”]\s*:
      | [}\]]\s*,\s*[{\[] | \[\s*\{ | \}\s*\] | \{\s*["'“]
      | <\|.{0,40}?\|> | \[/?inst\] | <<\s*/?sys | </?[a-z][a-z_-]{2,20}>
      | ``` | ~~~ | ^[ ]{0,20}\#{2,} | [-=*_#]{5,} | ['"]\s*;\s*-*\s*(?:drop|delete|select|insert)\b
      | (?:^|[\n.!?]\s{0,20})(?:system\w*|assistant|user|developer|human|ai|bot|admin\w*)\s*
        (?:message|prompt|nachricht)?\s*[:>]
    """,
    "task": r"""
        \b(?:instruction | instruccion | istruzion | instructie | anweisung | jailbreak | categor
          | kategori | taxonom | klassifi[zc] | classif | etichett | json\b | schema\b | xml\b
          | yaml\b | konfidenz | sentiments?\b | stimmung\b | verschlagwort | schlagwort | tagg
          | taguer | tagues?\b | chatgpt | gpt | openai | claude | gemini | llm\b
          | (?:language|ai)[\s-]model | sprachmodell | modele\s+de\s+lang | modelo\s+de\s+leng
          | few[\s-]shot | guardrail | hashtag )
      | \bprompts\b | \b(?:system|your|my|hidden|the|this|deine?n?|ton|le|du)\W*prompt\b | \bprompt:
      | \bconfidence\s+(?:of|is|score|value|level|for|=|:)
      | \bconfiance\s+(?:de\s+(?:\d|chaque|ces|tout)|a|:|=)
      | \b(?:dear|hello|hey|hi|liebe[rs]?|hallo|cher|chere|bonjour)\s+
        (?:ai|ki|ia|bot|model|modell|modele|tagger|assistant|assistent)\b
      | \b(?:note|hinweis|message|nachricht)\s+(?:to|for|an|pour|au)\s+(?:the\s+|den\s+|die\s+|le\s+
        |la\s+)?(?:ai|ki|ia|bot|tagger|model|modell?|system|assistant|reader|reviewer|moderator)
      | \b(?:debug|developer|admin|maintenance|god|wartungs|entwickler)[\s-]?mod(?:e|us)\b
      | \bmode\s+(?:debug|developpeur|administrateur|maintenance|test)\b
      | \b(?:new|neuen?|nouvelles?|updated|special|changed?)\s+(?:rule|regel|regle|richtlinie|task
        |aufgabe|tache|consigne) | \bpolicy\s+(?:update|change) | \bconsignes?\b
      | \b(?:your|deine|ta|votre|tes|vos)\s+(?:task|job\s+is|role|rules|aufgabe|rolle|regeln|tache
        |regles|list|liste)\b
      | \btag\s+(?:this|that|it|them|every|all|each|the|both|as|with|only|nothing|none|my)
      | \btags\b | \b(?:das|ein|le|un)\s+tag\b(?!\s*(?:zu|danach|spaeter|davor))
      | \b(?:label|mark|markiere|kennzeichne|etiquete[zr]?|marque[zr]?)\w*\s+(?:it|this|all|every
        |each|them|as|alles?|jede\w*|diese\w*|tout|tous|toutes|chaque|ces|ceci)\b
      | \b(?:am|are|as|als|en\s+tant\s+qu)\W+(?:an?\s+|the\s+)?(?:administrat|developer|entwickler)
      | \byou\s+are\s+(?:now|no\s+longer|an?|in)\b.{0,40}\b(?:assistant|mode|bot|model|classifier)
      | \b(?:du\s+bist|ihr\s+seid|tu\s+es|vous\s+etes)\s+(?:jetzt|nun|ab\s|maintenant|desormais)
      | \b(?:ro)?bots?\b | \broboter\b | \bautomate[ds]?\s+(?:reader|system|tool|process)
      | \b(?:pipeline|configuration|konfiguration|developer|entwickler|developpeur)\b
      | \b(?:pretend|act\s+as\s+if|tu\s+so|f(?:ais|aites)\s+comme\s+si|decision\s+rule)\b
      | \b(?:whatever\s+comes|all\s+of\s+the\s+above|egal\s+was\s+(?:noch|danach)|lignes\s+qui)\b
      | \bfrom\s+now\s+on\b | \bab\s+(?:jetzt|sofort)\b | \bdesormais\b
      | \ba\s+partir\s+de\s+maintenant
      | \b(?:end\s+of|ende\s+der|fin\s+des?)\s+(?:la\s+|l.)?(?:data|input|text|feedback|list|daten
        |eingabe|donnees|entree)
    """,
    "setting aside": r"""
        \b(?:ignore\s+(?:all|any|the|this|that|what|every|your|my|previous|previously|prior|above)
          | ignoring\s+(?:all|the|previous) | disregard | overrid | overrule | overwrite | bypass
          | ignorier | missachte | vergiss | vergesst | ueberschreib | ueberspring | vorrang
          | ignorez | ignore\s+(?:toute?s?|tous|les?|ce) | oublie[zr]?\s+(?:tout|les?|ce|tes|vos)
          | ne\s+ten(?:ez|ir|ons|s)\s+(?:pas|aucun) | f(?:ais|aites)\s+abstraction | prime\s+sur
          | ignora\b | ignorad | olvida | dimentica | negeer | vergeet )
      | \bforget\s+(?:about\s+)?(?:all|every|everything|your|what|previous|any)\b
      | \b(?:skip|drop|omit|leave\s+out|saute[zr]?|lass|laisse[zr]?)
        \s+(?:the|all|every|les?|alle|die)\s+(?:other|rest|remaining|autre|reste|uebrig|ander|restlich)
    """,
    "neighbours": rf"""
        {_WHICH}{_NEAR}{_NEIGHBOUR}
      | \b{_NEIGHBOUR}\W+(?:above|below|darueber|darunter|davor|danach|daneben|oben|unten
        |precedent\w*|suivant\w*|ci[\s-]dessus|ci[\s-]dessous|arriba|abajo|before\s+and|vor\s+und
        |avant\s+et)\b
      | \b(?:remaining|other|restlichen|uebrigen|anderen|autres)\s*(?:ones|[.!;:]|$)
      | \beverything\s+(?:else|here|in\s+this)\b
      | \b(?:the|mit\s+der|der|l|leurs?|die)\W+(?:ids?|identifiants?)\b
      | \b(?:request|conversation|anfrage|requete|unterhaltung)\b.{{0,30}}\b{_WHICH}
      | {_WHICH}{_NEAR}(?:request|conversation|anfrage|requete|unterhaltung)\b
    """,
    "answer": r"""
        \b(?:answer|respond|reply|output|print|return|emit)\W+(?:only|exactly|an?\s+empty|also
          |the\s+following|in\s+\w+\s+format|with\s+(?:only|exactly|the\s+(?:word|following)|json))
      | \bonly\s+(?:answer|respond|reply|output|return)
      | \b(?:swap|reverse|mix|exchange|shuffle|repeat|stop|tausche|kehre|wiederhole|vertausche|hoer
          |inverse[zr]?|echange[zr]?|repete[zr]?|arrete[zr]?)\b.{0,40}\b(?:answers?|order|response|text
          |tags?|antwort(?:en)?|reihenfolge|reponses?|ordre|prompt)\b
      | \b(?:antworte|beantworte)\b.{0,30}\b(?:nur|mit|auch)\b
      | \b(?:reponds|repondez|renvoie|renvoyez|affiche[zr]?)\b
      | \bgib\b.{0,60}\b(?:zurueck|aus|an)\b
      | \b(?:empty|leere[nrs]?|vides?)\s+(?:list|liste|array|answer|antwort|reponse)\b
      | \bliste\s+vide\b
      | \b(?:write|schreibe?|ecris|ecrivez)\b.{0,30}\b(?:instead|stattdessen|plutot)
      | \b(?:follow|befolge|execute[zr]?|obey|gehorche|obei[st])\b.{0,12}\b(?:it|ihn|this|le|order
          |befehl|ordre)\b
    """,
}
_PLAIN = re.compile(
    "|".join(f"(?:{rule})" for rule in _RULES.values()), re.VERBOSE | re.MULTILINE | re.DOTALL
)
_HIDDEN = re.compile("[\u200b\u2060-\u2064\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_SPACED = re.compile(r"(?:\b\w[ ._-]){6,}\w\b")
_ENCODED = re.compile(r"[A-Za-z0-9+/=]{48,}|(?:[0-9a-f]{2}[ :]?){24,}")
_MASKED = re.compile(r"\b(?=\w*[a-z])(?=\S{0,40}[013457@$])[\w@$]+")
_DIGITS = str.maketrans("013457@$", "oieastas")
_SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe"})


def is_suspicious(text: str, keys: Iterable[str] = ()) -> bool:
    """Whether the text may hold an order to the model.

    Args:
        text: the feedback.
        keys: names of categories; those with an underscore count, others are ordinary words.
    """
    if _HIDDEN.search(text) or _ENCODED.search(text) or _SPACED.search(text):
        return True
    plain = folded(text)
    if _PLAIN.search(plain):
        return True
    unmasked = _MASKED.sub(lambda word: word[0].translate(_DIGITS), plain)
    if unmasked != plain and _PLAIN.search(unmasked):
        return True
    return any("_" in key and key.casefold() in plain for key in keys)


def folded(text: str) -> str:
    """Lower case without accents; umlauts as two letters, full-width letters as ordinary ones."""
    lower = unicodedata.normalize("NFKC", text).casefold().translate(_SPELT)
    split = unicodedata.normalize("NFD", lower)
    return "".join(letter for letter in split if not unicodedata.combining(letter))
