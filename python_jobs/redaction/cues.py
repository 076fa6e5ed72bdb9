"""Words before a number that say what it is, in the languages feedback mostly comes in."""

from __future__ import annotations

import re

_REACH = 48
"""How many characters before a number are read for its cue."""

_NUMBER_WORDS = (
    r"(?:\b(?:order|ref|reference|tracking|track|parcel|package|shipment|consignment|invoice"
    r"|receipt|ticket|case|claim|article|item|product|part|sku|asin|ean|isbn|issn|gtin|upc|barcode"
    r"|serial|imei|model|batch|lot|voucher|coupon|return|rma|booking|transaction"
    r"|bestell\w{0,8}|auftrag\w{0,8}|sendung\w{0,8}|paket\w{0,8}|rechnung\w{0,8}|artikel\w{0,8}"
    r"|serien\w{0,8}|vorgang\w{0,8}|retoure\w{0,8}|charge\w{0,8}|gutschein\w{0,8}|buchung\w{0,8}"
    r"|commande|colis|suivi|facture|référence|réf|série|lot|dossier"
    r"|pedido|factura|referencia|ordine|fattura|spedizione|codice prodotto|bestelling|zending))"
)
_PHONE_WORDS = (
    r"(?:\b(?:phone|tel|tlf|tfn|telephone|telefon\w{0,6}|téléphone|teléfono|telefono|telefoon\w{0,6}|fon"
    r"|fax|mobile|mobil\w{0,8}|móvil|cell|cellphone|cellulare|handy\w{0,6}|whatsapp|sms|rufnummer"
    r"|rückruf\w{0,8}|durchwahl|landline|hotline|portable|numéro|call|called|calling|ring|rang"
    r"|text|reach|contact|anrufen|angerufen|anruf|rufen|ruf|erreichbar|erreichen|erreichst"
    r"|appelez|appeler|appelle|rappelez|rappeler|joignable|joindre|llamar|llámame|llame"
    r"|chiamare|chiamami|bellen))"
)
_LINKS = (
    r"(?:[ .:#°º=()-]{1,3}(?:no|nr|num|number|nummer|numéro|numero|code|id|n|is|was|are|ist|lautet"
    r"|war|est|était|es|è|my|your|our|the|it|meine|me|us|mich|uns|sie|mir|moi|nous|m|back|zurück"
    r"|on|at|under|via|by|to|auf|unter|an|au|sur|al|en|a|or|oder|ou|and|und|et)\b){0,5}+"
)
_BETWEEN = r"[ .:#°º=(+/-]{0,4}\Z"

_NUMBER_CUE = re.compile(_NUMBER_WORDS + _LINKS + _BETWEEN, re.IGNORECASE)
_PHONE_CUE = re.compile(_PHONE_WORDS + _LINKS + _BETWEEN, re.IGNORECASE)


def cue(words: str) -> re.Pattern[str]:
    """A cue of these words (an alternation), to be asked with `is_cued`."""
    return re.compile(rf"\b(?:{words}){_LINKS}{_BETWEEN}", re.IGNORECASE)


def is_cued(expression: re.Pattern[str], text: str, start: int) -> bool:
    """Whether a cue stands right before `start`, at most linking words between."""
    return expression.search(text, max(0, start - _REACH), start) is not None


def is_order_number(text: str, start: int) -> bool:
    """Whether the words before `start` announce an order, a parcel, an article or the like."""
    return text[start - 1 : start] == "#" or is_cued(_NUMBER_CUE, text, start)


def is_phone_number(text: str, start: int) -> bool:
    """Whether the words before `start` announce a phone number."""
    return is_cued(_PHONE_CUE, text, start)
