"""Secrets and personal data planted in feedback, and numbers that only look like them.

Written by hand, with check digits computed here and not by the code under test. Nothing in it
belongs to anybody: phone numbers come from the ranges that regulators keep for fiction, names of
hosts from RFC 2606, random parts from a seeded generator.

`SECRETS` and `PERSONAL` are 50 each, `HARD_NEGATIVES` 60. For an end-to-end test: load `text`,
run, and look for `sensitive` wherever it must not be.
"""

from __future__ import annotations

import base64
import json
import random
import string
from dataclasses import dataclass

_RANDOM = random.Random(20_250_901)
_ALPHANUMERIC = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Planted:
    """A sentence, the exact substring of it that must not leave, and the pattern that finds it."""

    text: str
    sensitive: str
    pattern: str


def _plant(template: str, sensitive: str, pattern: str) -> Planted:
    return Planted(template.replace("{}", sensitive), sensitive, pattern)


def _of(alphabet: str, length: int) -> str:
    """Random characters, a digit, a capital and a small letter among them where possible."""
    while True:
        drawn = "".join(_RANDOM.choices(alphabet, k=length))
        kinds = (str.isdecimal, str.isupper, str.islower)
        if all(
            any(map(kind, drawn)) or not any(map(kind, alphabet)) or length < 12 for kind in kinds
        ):
            return drawn


def _an(length: int) -> str:
    return _of(_ALPHANUMERIC, length)


def _base64url(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _jwt() -> str:
    header, payload = {"alg": "HS256", "typ": "JWT"}, {"sub": "48213", "iat": 1_756_684_800}
    return f"{_base64url(header)}.{_base64url(payload)}.{_an(43)}"


def _private_key(kind: str, separator: str = "\n") -> str:
    body = separator.join(_an(64) for _ in range(4))
    return separator.join(
        [f"-----BEGIN {kind}PRIVATE KEY-----", body, f"-----END {kind}PRIVATE KEY-----"]
    )


# Check digits, each by the textbook


def with_luhn(payload: str) -> str:
    """The payload and its Luhn digit."""
    doubled = [
        sum(divmod(int(digit) * (2 if place % 2 == 0 else 1), 10))
        for place, digit in enumerate(reversed(payload))
    ]
    return payload + str(-sum(doubled) % 10)


def with_iban(country: str, account: str) -> str:
    """The account with country and check digits: 98 less the remainder."""
    moved = f"{account}{country}00"
    number = int("".join(str(string.digits.find(c) if c.isdigit() else ord(c) - 55) for c in moved))
    return f"{country}{98 - number % 97:02d}{account}"


def with_steuer_id(payload: str) -> str:
    """ISO 7064 MOD 11,10 as the German tax office describes it."""
    product = 10
    for digit in payload:
        total = (int(digit) + product) % 10
        product = (2 * (total or 10)) % 11
    check = 11 - product
    return payload + str(0 if check == 10 else check)


def with_nir_key(payload: str) -> str:
    """97 less the remainder, two digits."""
    number = int(payload.replace("2A", "19").replace("2B", "18"))
    return f"{payload}{97 - number % 97:02d}"


def with_dni_letter(payload: str) -> str:
    """The letter at n mod 23; X, Y, Z stand for 0, 1, 2."""
    number = int(payload.replace("X", "0").replace("Y", "1").replace("Z", "2"))
    return payload + "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23]


def with_nhs_digit(payload: str) -> str:
    """Modulus 11 with weights 10 to 2."""
    total = sum(weight * int(d) for weight, d in zip(range(10, 1, -1), payload, strict=True))
    check = 11 - total % 11
    assert check != 10
    return payload + str(0 if check == 11 else check)


def with_bsn_digit(payload: str) -> str:
    """The ninth digit makes the weighted sum divisible by 11."""
    total = sum(weight * int(d) for weight, d in zip(range(9, 1, -1), payload, strict=True))
    assert total % 11 != 10
    return payload + str(total % 11)


def grouped(number: str, *widths: int, by: str = " ") -> str:
    """The number in groups of these widths; the last width goes on."""
    groups: list[str] = []
    place = 0
    while place < len(number):
        width = widths[min(len(groups), len(widths) - 1)]
        groups.append(number[place : place + width])
        place += width
    return by.join(groups)


_SECRETS: tuple[tuple[str, str], ...] = (
    ("My dashboard broke after I pasted {} into the settings page.", f"sk-{_an(48)}"),
    ("The export job fails with key {}, please check.", f"sk-proj-{_an(20)}_{_an(20)}-{_an(8)}"),
    ("Der Import mit {} bricht nach zwei Minuten ab.", f"sk-ant-api03-{_an(40)}"),
    ("Votre assistant m'a demandé ma clé, c'est {}.", f"sk-{_an(32)}"),
    (
        "Uploading to the bucket with {} gives access denied.",
        f"AKIA{_of(string.ascii_uppercase, 16)}",
    ),
    ("aws_secret_access_key = {} does not work any more", _an(40)),
    ("Your GitHub app rejects {} since Monday.", f"ghp_{_an(36)}"),
    ("The bot posted {} in the public channel!", f"github_pat_{_an(22)}_{_an(59)}"),
    ("GitLab sagt, {} sei abgelaufen, stimmt aber nicht.", f"glpat-{_an(20)}"),
    ("Slack alerts stopped. Token is {}.", f"xoxb-{_of(string.digits, 12)}-{_an(24)}"),
    ("Payment page shows {} in its source, is that meant?", f"sk_live_{_an(24)}"),
    ("Im Quelltext der Kasse steht {}, das ist gefährlich.", f"rk_live_{_an(24)}"),
    ("Maps do not load, we use {}.", f"AIza{_an(35)}"),
    ("Mails were never sent with {} although it is active.", f"SG.{_an(22)}.{_an(43)}"),
    ("npm install asks for {} every time", f"npm_{_an(36)}"),
    ("Le modèle ne se télécharge pas avec {}", f"hf_{_an(34)}"),
    ("Der Webhook meldet {} als ungültig.", f"whsec_{_an(32)}"),
    ("Support told me to send this: {} and then went silent.", _jwt()),
    ("Authorization: Bearer {} returns 401, help!", f"{_an(20)}.{_an(12)}"),
    (
        "curl -H 'Authorization: Basic {}' still fails",
        base64.b64encode(b"anna:geheim2024").decode(),
    ),
    ("I use bearer {} and get logged out.", _an(40)),
    ("Here is the key you wanted:\n{}\nNow please fix it.", _private_key("RSA ")),
    ("Voici la clé demandée :\n{}\nMerci.", _private_key("")),
    ("Server log says {} was rejected.", _private_key("OPENSSH ", "\\n")),
    ("Cannot log in. password: {}", "Tr0mbone-Lake!"),
    ("Login geht nicht. Passwort: {} und Kundenkonto wie immer.", "Wanderschuh#77"),
    ("Impossible de me connecter, mot de passe : {}, aidez-moi.", "Chaussure2024!"),
    ("My password is {}, try it yourself.", "hunter2hunter"),
    ("Mein Passwort ist {} und es wird nicht angenommen.", "Sommer2024!"),
    ("Mon mot de passe est {} mais le site le refuse.", "Randonnee1987"),
    ('The site will not take my password "{}", why?', "correct-horse"),
    ("Kennwort={} wird abgelehnt.", "bergziege"),
    ("pwd: {} stopped working after the update", "qwertz"),
    ("Passwort für mein Konto: {}", "alpenglühn"),
    ("passcode: {} for the locker in the shop", "blue-kettle-9"),
    ("api_key={} in the config is refused", _an(32)),
    ("The client secret is {} and it never worked.", _an(24)),
    ("Access token: {}. Please look into it.", _an(28)),
    ("The terminal declined my card, PIN: {}", "4829"),
    ("I was asked for the CVV: {} by mail, is that you?", "737"),
    ("Die Geheimzahl ist {}, der Automat nimmt sie nicht.", "7719"),
    ("Le cryptogramme est {}, le paiement échoue.", "204"),
    ("The verification code is {} but the app says expired", "482913"),
    ("Der Bestätigungscode lautet {}, kommt aber zu spät.", "930184"),
    ("Zero width trick, password: {}", "pa\u200bss\u200bword1"),
    ("Full width: ｐａｓｓｗｏｒｄ：{}", "ｈｕｎｔｅｒ２"),
)

_LINKS: tuple[tuple[str, str], ...] = (
    ("Your mail links to {} and it is dead.", f"https://shop.example/reset?token={_an(32)}"),
    ("Der Link {} aus der Mail öffnet fremde Daten.", f"https://shop.example/r/{_an(40)}"),
    ("J'ai cliqué sur {}, rien.", "http://anna:geheim@shop.example/compte"),
    (
        "The invoice at {} is not mine.",
        f"https://files.example/i.pdf?Expires=17&Signature={_an(30)}",
    ),
)

_CARD = with_luhn("411111222233334"[:15])
_MASTERCARD = with_luhn("551234567890123")
_AMEX = with_luhn("37123456789012")
_GERMAN_IBAN = with_iban("DE", "370400440532013000")
_FRENCH_IBAN = with_iban("FR", "20041010050500013M02606")
_BRITISH_IBAN = with_iban("GB", "WEST12345698765432")
_STEUER_ID = with_steuer_id("8609574271")
_NIR = with_nir_key("2690549588157")
_NHS = with_nhs_digit("943476591")

_PERSONAL: tuple[tuple[str, str, str], ...] = (
    ("Please answer to {}, not to the shop.", "anna.keller@example.com", "email"),
    ("Bitte schreiben Sie an <{}>!", "jürgen.müller+schuhe@example.de", "email"),
    ("Écrivez-moi à {}.", "o'brien-lefevre@courrier.example.fr", "email"),
    ("You can reach me at {} any time", "anna.keller (at) example (dot) com", "email"),
    ("Meine Adresse: {}, danke", "anna [at] example [punkt] de", "email"),
    ("mail me: {} thanks", "anna.keller at example dot com", "email"),
    ("Mon adresse est {} merci", "camille.petit arobase exemple point fr", "email"),
    ("I am {} there.", "anna.keller at gmail.com", "email"),
    ("full width {} also counts", "ａｎｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "email"),
    ("zero width {} too", "an\u200bna@exam\u200bple.com", "email"),
    ("Call me on {} after six.", "+44 20 7946 0958", "phone"),
    ("My mobile is {}.", "07700 900123", "phone"),
    ("Ring {} and ask for Ann.", "(020) 7946 0958", "phone"),
    ("I waited all day for a call to {}!", "020 7946 0123", "phone"),
    ("I live in Denver, {}, leave a message.", "(303) 555-0142", "phone"),
    ("Nobody called back at {}.", "303-555-0147", "phone"),
    ("Try {} please.", "+1 (202) 555-0173", "phone"),
    (
        "the number 1-202-555-0119 is mine".replace("1-202-555-0119", "{}"),
        "1-202-555-0119",
        "phone",
    ),
    ("Rufen Sie mich unter {} an.", "030 23125 042", "phone"),
    ("Handy: {}, am besten abends.", "0171/3920042", "phone"),
    ("Erreichbar bin ich unter {}.", "+49 (0)30 23125-042", "phone"),
    ("Telefon {} (nur vormittags)", "0049 30 23125042", "phone"),
    ("Appelez-moi au {}.", "06 39 98 12 34", "phone"),
    ("Mon numéro : {}, le soir.", "+33 6 39 98 45 67", "phone"),
    ("Le livreur avait le {}, et pourtant rien.", "01.99.00.12.34", "phone"),
    ("Keine Antwort auf {}!", "０１７１ ３９２００５５", "phone"),
    ("non-breaking {} spaces", "07700\u00a0900\u00a0456", "phone"),
    ("You charged {} twice.", grouped(_CARD, 4), "card"),
    ("Meine Karte {} wurde doppelt belastet.", _MASTERCARD, "card"),
    ("La carte {} est refusée.", grouped(_AMEX, 4, 6, 5), "card"),
    ("Card {} was declined", grouped(_MASTERCARD, 4, by="-"), "card"),
    ("one by one: {}", grouped(_CARD, 1), "card"),
    ("Erstattung bitte auf {}.", grouped(_GERMAN_IBAN, 4), "iban"),
    ("Refund to {} never came.", _BRITISH_IBAN, "iban"),
    ("Remboursement sur {} svp", grouped(_FRENCH_IBAN, 4), "iban"),
    ("IBAN: {}", _GERMAN_IBAN.lower(), "iban"),
    ("They asked for my social security number, {}, why?", "219-09-9999", "us_ssn"),
    ("SSN {} was on the form", "219 09 9999", "us_ssn"),
    ("My NI number is {}.", "AB 12 34 56 C", "uk_nino"),
    ("Die AHV-Nummer {} steht offen da.", "756.9217.0769.85", "ch_ahv"),
    ("Meine Steuer-ID {} steht auf dem Paket!", grouped(_STEUER_ID, 2, 3), "de_steuer_id"),
    ("Warum brauchen Sie {}?", _STEUER_ID, "de_steuer_id"),
    ("Mon numéro de sécu {} est visible.", grouped(_NIR, 1, 2, 2, 2, 3, 3, 2), "fr_nir"),
    ("On m'a demandé {} à la caisse.", _NIR, "fr_nir"),
    ("They printed my DNI {} on the label.", with_dni_letter("12345678"), "es_dni"),
    ("NIE {} on the envelope, really?", with_dni_letter("X1234567"), "es_dni"),
    ("Il codice {} era sul pacco.", "RSSMRA85T10A562S", "it_codice_fiscale"),
    ("Mijn BSN is {}, waarom is dat nodig?", with_bsn_digit("11122233"), "nl_bsn"),
    (
        "Mitt personnummer {} stod på paketet",
        "850709-" + with_luhn("850709980")[6:],
        "se_personnummer",
    ),
    ("My NHS number is {}.", grouped(_NHS, 3, 3, 4), "uk_nhs"),
)

SECRETS: tuple[Planted, ...] = (
    *(_plant(template, value, "secret") for template, value in _SECRETS),
    *(_plant(template, value, "url_token") for template, value in _LINKS),
)
PERSONAL: tuple[Planted, ...] = tuple(_plant(*planted) for planted in _PERSONAL)

HARD_NEGATIVES: tuple[str, ...] = (
    # orders, parcels, articles
    "My order number is FG-666376.",
    "Bestellung FG-921418. was nun?",
    "Où est mon colis ? Commande FG-043433, prévue lundi dernier.",
    "Order 0123456789 never arrived.",
    "order no. 234-567-8901 is still open",
    "Bestellnummer: 01512345678",
    "Commande n° 0612345678 annulée",
    "Tracking number 00340434161094015902 shows nothing",
    "Sendungsnummer 0034 0434 1610 9401 5902",
    "UPS 1Z999AA10123456784 is stuck in Leeds",
    "ticket #0301234567 closed without an answer",
    "Rechnung Nr. 2024-000123456 ist falsch",
    "RMA-2024-0001234567 was refused",
    "Artikelnummer 4006381333931 passt nicht",
    "EAN 4006381333931, size 42",
    "The barcode 5901234123457 does not scan",
    "4006381333931 is what the label says",
    "ISBN 978-3-16-148410-0 was in the box instead",
    "ISBN 0-306-40615-2",
    "UPC 036000291452",
    "SKU 000123456789",
    "Serial number 0451234567 is worn off",
    "Article 123-45-6789 is out of stock",
    "Gutschein-Code SOMMER2024 geht nicht",
    # sizes and measures
    "Sizes 36 37 38 39 40 41 42 43 are all sold out",
    "sizes 04 06 08 10 12 run small",
    "available in 41 42 43 44 45 46 47 48 only",
    "UK 8.5 / EU 42.5 / US 9.5",
    "42,5 ist zu klein, 43 1/3 zu gross",
    "The parcel is 0350 x 0250 x 0120 mm",
    "weighs 0450 g, not 0380 g",
    # dates and times
    "Ordered on 04/10/21 1345, still nothing",
    "Bestellt am 01.02.2024, geliefert 05.03.2024",
    "2024-05-06 14:32:10 the page crashed",
    "20240506 143210 was in the file name",
    "Open 08.30-12.00 and 13.00-17.30",
    "from 05/2023 06/2023 on",
    "2019-2020 2021-2022 were better",
    "le 06.12.2023 à 14h30",
    "timestamp 1756684800 and 1756684800123",
    # prices and counts
    "I paid 129.99 and got 64.50 back",
    "1.299.000 Schritte, 28,000 feet, 1,500 miles",
    "Kostet 0123456,78 EUR laut Rechnung",
    "population 67 000 000 and 612 345 678 steps",
    "rated 5 5 4 5 5 3 4",
    "10/10. would buy again",
    "3.14159265358979 is pi",
    # places, versions, addresses
    "51.507351, -0.127758 is where he left it",
    "App version 4.12.0.1387 on Android 14",
    "Firmware 1.2.3.44 broke it",
    "10.0.19045.3803 is the build",
    "EC1A 1BB, D-10115 Berlin, 75001 Paris",
    "flight BA2490, gate A12, seat 23C",
    # links, tags, words
    "See https://shop.example/boots/mens-ridgeback-mid-hiking-boot-42?utm_source=mail&page=2",
    "www.example.com/help is empty",
    "#hiking2024 @lapwing_outdoor #1 shoes",
    "The password reset mail never came, my password is not accepted",
    "Das Passwort ist falsch, sagt die Seite, obwohl es stimmt",
    "It asked me for my order number, I gave it, and it asked again",
    "met them at the shop, dot on the map, came at noon",
)
