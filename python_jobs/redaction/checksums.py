"""Check digits: what tells a card, an account or an identity number from any other number.

All functions take a string of digits (or what the scheme allows) and never raise.
"""

from __future__ import annotations

from collections import Counter

_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_NIE_DIGITS = str.maketrans("XYZ", "012")
# Decreto ministeriale 23/12/1976: the value of a character at an odd place.
_FISCAL_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25)
_FISCAL_ODD_LETTERS = (*_FISCAL_ODD, 24, 23)


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B: payment cards, the Swedish personnummer."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def iban(account: str) -> bool:
    """ISO 7064 MOD 97-10 over upper-case letters and digits, the first four moved to the end."""
    return int("".join(str(int(each, 36)) for each in account[4:] + account[:4])) % 97 == 1


def ean(digits: str) -> bool:
    """GS1 General Specifications 7.9: EAN-8, UPC, EAN-13, ISBN-13."""
    weighted = sum(
        int(each) * (3 if place % 2 else 1) for place, each in enumerate(reversed(digits))
    )
    return weighted % 10 == 0


def steuer_id(digits: str) -> bool:
    """German tax number (11 digits): ISO 7064 MOD 11,10, and how often a digit may recur."""
    repeated = sorted(Counter(digits[:10]).values())
    if digits[0] == "0" or repeated[-1] not in (2, 3) or (len(repeated) > 1 and repeated[-2] > 1):
        return False
    product = 10
    for digit in digits[:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def nir(number: str) -> bool:
    """French social security number: 13 digits (2A, 2B for Corsica), then 97 - n mod 97."""
    digits = number[:13].replace("2A", "19", 1).replace("2B", "18", 1)
    return digits.isdigit() and int(number[13:]) == 97 - int(digits) % 97


def dni(number: str) -> bool:
    """Spanish DNI (8 digits and a letter) and NIE (X, Y or Z first): letter n mod 23."""
    return _DNI_LETTERS[int(number[:-1].translate(_NIE_DIGITS)) % 23] == number[-1]


def codice_fiscale(code: str) -> bool:
    """Italian fiscal code: 15 characters in upper case and their check letter."""
    total = 0
    for place, character in enumerate(code[:15]):
        value = int(character) if character.isdigit() else ord(character) - ord("A")
        total += value if place % 2 else _FISCAL_ODD_LETTERS[value]
    return chr(ord("A") + total % 26) == code[15]


def bsn(digits: str) -> bool:
    """Dutch citizen number: the 11-test with weights 9 to 2 and -1."""
    padded = digits.zfill(9)
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    total = sum(w * int(each) for w, each in zip(weights, padded, strict=True))
    return int(digits) > 0 and total % 11 == 0


def nhs(digits: str) -> bool:
    """NHS number of England (10 digits): modulus 11 with weights 10 to 2."""
    total = sum((10 - place) * int(each) for place, each in enumerate(digits[:9]))
    return (11 - total % 11) % 11 == int(digits[9])
