"""Numbers that prove themselves: the issuers' own examples, and what a wrong digit does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_jobs.redaction import checksums, redact
from tests.unit.redaction import planted

CARDS = [
    "4242424242424242",
    "4000 0566 5566 5556",
    "5555-5555-5555-4444",
    "2223003122003222",
    "3782 822463 10005",
    "6011 1111 1111 1117",
    "30569309025904",
    "3566002020360505",
    "180026340114047",
    "6200000000000005",
    "6759649826438453",
    "4242\u00a04242\u20094242\u202f4242",
    "4242 - 4242 - 4242 - 4242",
    "4242.4242.4242.4242",
    "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2",
]

# The examples in the IBAN registry.
IBANS = """
AD1200012030200359100100 AL47212110090000000235698741 AT611904300234573201
BE68539007547034 CH9300762011623852957 CZ6508000000192000145399 DE89370400440532013000
DK5000400440116243 EE382200221020145685 ES9121000418450200051332 FI2112345600000785
FR1420041010050500013M02606 GB29NWBK60161331926819 GR1601101250000000012300695
HU42117730161111101800000000 IE29AIBK93115212345678 IT60X0542811101000000123456
LU280019400644750000 MT84MALT011000012345MTLCAST001S NL91ABNA0417164300 NO9386011117947
PL61109010140000071219812874 PT50000201231234567890154 RO49AAAA1B31007593840000
SA0380000000608010167519 SE4550000000058398257466 TR330006100519786457841326
"""

IDS = {
    "de_steuer_id": ["86095742719", "65929970489", "47 036 892 816", "25768131411"],
    "fr_nir": ["2 55 08 14 168 025 38", "255081416802538", "1 84 12 2A 451 089 33"],
    "ch_ahv": ["756.9217.0769.85", "756 9217 0769 85", "7569217076985"],
    "es_dni": ["12345678Z", "12345678-Z", "12.345.678-Z", "X1234567L", "Y-1234567-X", "x1234567l"],
    "it_codice_fiscale": ["RSSMRA85T10A562S", "MRTMTT91D08F205J", "mrt mtt 91d08 f205j"],
    "se_personnummer": ["811228-9874", "19811228-9874", "670919-9530"],
    "us_ssn": ["219-09-9999", "457-55-5462"],
    "uk_nino": ["AB123456C", "ab 12 34 56 c", "JG103759A"],
}
CUED_IDS = {
    "nl_bsn": ["BSN: 111222333", "mijn burgerservicenummer is 123456782", "bsn 1112.22.333"],
    "uk_nhs": ["NHS number 943 476 5919", "nhs no. 9434765919", "my NHS number is 943-476-5919"],
    "us_ssn": ["SSN 219099999", "my social security number is 219 09 9999"],
    "se_personnummer": ["personnummer 8112289874", "personnummer: 198112289874"],
}


@pytest.mark.parametrize("card", CARDS)
def test_cards(card: str) -> None:
    assert redact(f"I paid with {card}, twice.").text == "I paid with [CARD], twice."


@pytest.mark.parametrize("iban", IBANS.split())
@pytest.mark.parametrize("width", [34, 4])
def test_ibans(iban: str, width: int) -> None:
    written = planted.grouped(iban, width)
    assert redact(f"Refund to {written} please").text == "Refund to [IBAN] please"


@pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name, numbers in IDS.items() for number in numbers]
)
def test_identity_numbers(name: str, number: str) -> None:
    found = redact(f"Why is {number} on the parcel?", {name})
    assert found.text == "Why is [ID] on the parcel?"


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in CUED_IDS.items() for text in texts]
)
def test_identity_numbers_after_their_name(name: str, text: str) -> None:
    assert redact(f"{text}, and now?").counts == {name: 1}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("4242424242424243", id="card-wrong-digit"),
        pytest.param("9242424242424245", id="no-issuer"),
        pytest.param("42424242424242420000", id="too-long"),
        pytest.param("424242424242", id="too-short"),
        pytest.param("0.4242424242424242", id="decimal"),
        pytest.param("DE89370400440532013001", id="iban-wrong-digit"),
        pytest.param("DE8937040044053201300", id="iban-too-short"),
        pytest.param("XX89370400440532013000", id="iban-no-country"),
        pytest.param("DE893704004405320130001", id="iban-too-long"),
        pytest.param("86095742718", id="steuer-id-wrong-digit"),
        pytest.param("12345678903", id="steuer-id-digits-too-even"),
        pytest.param("255081416802539", id="nir-wrong-key"),
        pytest.param("756.9217.0769.86", id="ahv-wrong-digit"),
        pytest.param("12345678A", id="dni-wrong-letter"),
        pytest.param("RSSMRA85T10A562T", id="codice-wrong-letter"),
        pytest.param("811328-9874", id="personnummer-no-date"),
        pytest.param("811228-9875", id="personnummer-wrong-digit"),
        pytest.param("BSN 111222334", id="bsn-wrong-digit"),
        pytest.param("111222333", id="bsn-without-name"),
        pytest.param("9434765919", id="nhs-without-name"),
        pytest.param("NHS number 9434765918", id="nhs-wrong-digit"),
        pytest.param("000-12-3456 666-12-3456 900-12-3456 123-00-4567", id="ssn-never-issued"),
        pytest.param("219099999", id="ssn-bare"),
        pytest.param("GB123456A QQ123456C AB123456E", id="nino-never-issued"),
        pytest.param("order 12345678Z", id="order-like-dni"),
        pytest.param("item 123-45-6789", id="item-like-ssn"),
    ],
)
def test_what_proves_nothing_stays(text: str) -> None:
    assert redact(f"See {text}, ok?").counts == {}


def test_a_card_beside_other_numbers_is_found() -> None:
    text = "order 12 4242 4242 4242 4242 12/26"
    assert redact(text).text == "order 12 [CARD] 12/26"


@given(st.from_regex(r"[0-9]{1,30}", fullmatch=True))
def test_luhn_agrees_with_the_textbook(payload: str) -> None:
    whole = planted.with_luhn(payload)
    assert [checksums.luhn(payload + digit) for digit in "0123456789"] == [
        payload + digit == whole for digit in "0123456789"
    ]


@given(st.sampled_from(["DE", "GB", "FR"]), st.from_regex(r"[0-9A-Z]{11,30}", fullmatch=True))
def test_iban_agrees_with_the_textbook(country: str, account: str) -> None:
    assert checksums.iban(planted.with_iban(country, account))


@given(st.from_regex(r"[1-9][0-9]{9}", fullmatch=True))
def test_steuer_id_needs_its_check_digit(payload: str) -> None:
    right = planted.with_steuer_id(payload)[-1]
    assert not any(checksums.steuer_id(payload + digit) for digit in set("0123456789") - {right})
