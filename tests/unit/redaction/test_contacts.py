"""Addresses, numbers, links and secrets as people write them, and what only resembles them."""

from __future__ import annotations

import pytest

from python_jobs.redaction import PATTERNS, redact

PHONES = """+44 20 7946 0958
+442079460958
+44 (0)20 7946 0958
(+49) 30 23125042
+49-30-23125-042
0049 30 23125042
+45 12 34 56 78
+33 6 12 05 2024
030 12 34 2012
+34 612 345 678
+1-202-555-0119
(303) 555-0142
303.555.0142
303 555 0142
1-800-555-0142
07700 900123
07700900123
(020) 7946 0958
030/23125042
030 / 231 25 042
030 23125-0
015112345678
06 39 98 12 34
06.39.98.12.34
06-39-98-12-34
0639981234
0475 12 34 56
044 668 18 00
02 1234 5678
070-123 45 67
0412 345 678
03-1234-5678
(03).7865.3026
303-555-0142x376
+1 303 555 0142, ext. 42
030 23125042 Durchwahl 17"""

CUED_PHONES = """call me on {5551234}
my phone number is {612 345 678}
Tel.: {12 34 56 78}
tlf {12345678}
Handy:{0171 3920042}
Tel-Nr.-{030 1234567}
WhatsApp {91234567}
mobile #{7700900123}
joignable au {612345678}
llámame al {612 345 678}
order phone number {23125042}"""

NO_PHONES = """12345678 and 123456789012
18001234567 without a plus
+12345 steps more
+10 000 000 views
5+0301234567
0301234567,89
0301234567 EUR
0301234567 g
FG-0301234567
#0301234567
@0301234567
0301234567-A
order phone 7
the order 0301234567
phone 2024-05-06
phone 20240506
phone 12.05.2024
called at 10.30-11.30
my phone cost 999.99
iPhone 12 128 256 512
0034 0434 1610 9401 5902
0000123456789
0815 and 007 and 0800 1111
06 08 10 12 14
04/10/21 1345
01.02.2024 10.30
order 01234. 56789 too
05/2024 06/2024"""

EMAILS = """anna@example.com
ANNA.KELLER+shoes@mail.example.co.uk
o'brien@example.ie
jürgen@exämple.de
anna_k-2@sub.example.museum
anna@xn--exmple-cua.de
anna (at) example (dot) com
anna(at)example.com
anna [at] example [dot] com
anna {at} example.com
anna <at> example.com
anna at example dot com
ANNA AT EXAMPLE DOT COM
anna.keller at mail dot example dot org
anna@example dot com
anna ät gmx punkt de
anna arobase orange point fr
anna @ gmail.com
anna@gmail,com
anna at web.de"""

NO_EMAILS = """@lapwing_outdoor
bought at amazon.com
met them at noon. dot
look at shop.example
5 @ 3.50 each
anna@localhost
a @ b
user@
at the dot com boom
we live at free. No regrets
meet me at the point de vente"""

SENSITIVE_LINKS = """https://shop.example/reset?token=1
https://shop.example/a?x=1&access_token=abc#top
https://shop.example/a?key=9
https://files.example/a.pdf?X-Amz-Signature=ab&X-Amz-Date=1
https://x.blob.example/a?sv=2&sig=ab%3D
https://anna:geheim@shop.example/
postgresql://insights:geheim@db.example:5432/insights
ftp://anna@files.example/a
www.shop.example/login?session=abc
shop.example/verify?token=abc
https://shop.example/u?email=anna%40example.com
https://shop.example/unsubscribe?email=anna
https://shop.example/r/3f2504e0-4f89-41d3-9a0c-0305e82c3301
https://docs.example/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit
https://shop.example/o/eyJhbGciOiJIUzI1NiJ9
https://shop.example/s/aB3-dE5_gH7-jK9_mN1-pQ3_sT5-vW7_yZ9"""

PLAIN_LINKS = """https://shop.example/
https://shop.example/boots/mens-ridgeback-mid-hiking-boot-42?utm_source=mail&page=2
https://shop.example/produkte/wanderschuhe-herren-wasserdicht-groesse-42-braun
https://www.example.com/dp/B08N5WRWNW/ref=sr_1_1?keywords=boots&qid=1693526400
https://video.example/watch?v=dQw4w9WgXcQ
https://maps.example/@51.507351,-0.127758,15z
https://shop.example/search?q=token&sort=key
www.example.com/help"""

SECRETS = """password: {hunter2}
Password:{hunter2}, thanks
PASSWORD = {hunter2}.
password -> {hunter2}
password:⏎{hunter2}
password: "{correct horse battery}" fails
password: "{hunter2 and no end}"
my password for the shop is {Trombone7}
password {Trombone7} fails
my password was '{my dog 7}'.
das Passwort ist „{geheim}“
Passwort für mein Konto: {geheim}
mot de passe : {secret}
mot de passe est « {randonnée 9} »
the password "{correct-horse}" fails
wachtwoord: {geheim}
pw: {abc}
PIN 1, PIN is {4829}
CVV {737}
one-time code is {482913}
code de vérification : {482913}
api key: {abcd1234efgh}
client_secret={abcd1234efgh}
Bearer {abcd.1234.efgh}
Authorization: {abcd1234efgh=}"""

NO_SECRETS = """The password reset mail never came.
password reset: does not work
password is not accepted
my password is wrong, the app says
mot de passe oublié : rien
the password "reset" link
Passwort ist falsch
PIN 12, pin number, 4829 pins
the tan 500 boots
token of appreciation
Token: great value
secret to success: preparation
bearer of bad news
basic functionality is missing
the key: comfort and style
sk-42 boots, AKIA, ghp_ and xoxb-
code: SOMMER2024"""


@pytest.mark.parametrize("number", PHONES.splitlines())
def test_phones(number: str) -> None:
    assert redact(f"Size 9, {number}, thanks.").text == "Size 9, [PHONE], thanks."


@pytest.mark.parametrize("text", NO_PHONES.splitlines())
def test_no_phones(text: str) -> None:
    assert redact(f"Well, {text}.").counts == {}


@pytest.mark.parametrize("address", EMAILS.splitlines())
def test_emails(address: str) -> None:
    assert redact(f"<{address}>, please.").text == "<[EMAIL]>, please."


@pytest.mark.parametrize("text", NO_EMAILS.splitlines())
def test_no_emails(text: str) -> None:
    assert redact(f"So: {text}!").counts == {}


def test_an_address_takes_no_words_along() -> None:
    text = "邮箱anna@example.com谢谢, anna@example.com.2 days"
    assert redact(text).text == "邮箱[EMAIL]谢谢, [EMAIL].2 days"


@pytest.mark.parametrize("link", SENSITIVE_LINKS.splitlines())
def test_links_that_open_something_go(link: str) -> None:
    assert redact(f'See "{link}".').text == 'See "[URL]".'
    assert redact(f"See ({link}).").text == "See ([URL])."


@pytest.mark.parametrize("link", PLAIN_LINKS.splitlines())
def test_plain_links_stay_unless_all_are_chosen(link: str) -> None:
    assert redact(f"See {link}.").counts == {}
    assert redact(f"See {link}.", {"url"}).text == "See [URL]."


def marked(texts: str) -> list[tuple[str, str]]:
    """Texts, and what is left of them, where braces mark what has to go."""
    pairs = []
    for line in texts.splitlines():
        before, _, rest = line.replace("⏎", "\n").partition("{")
        value, _, after = rest.partition("}")
        pairs.append((f"{before}{value}{after}", before, after))
    return [(text, f"{before}%s{after}") for text, before, after in pairs]


@pytest.mark.parametrize(("text", "left"), marked(CUED_PHONES))
def test_phones_after_a_word(text: str, left: str) -> None:
    assert redact(text).text == left % "[PHONE]"


@pytest.mark.parametrize(("text", "left"), marked(SECRETS))
def test_secrets_after_a_word(text: str, left: str) -> None:
    assert redact(text).text == left % "[SECRET]"


@pytest.mark.parametrize("text", NO_SECRETS.splitlines())
def test_no_secrets(text: str) -> None:
    assert redact(text).counts == {}


def test_a_key_that_was_cut_off_takes_the_rest_along() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\nMIIEdef"
    assert redact(f"Look: {key}").text == "Look: [SECRET]"
    assert redact(f"Look: {key}\n-----END RSA PRIVATE KEY----- ok").text == "Look: [SECRET] ok"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from 192.168.0.112 now", "from [IP] now"),
        ("from fe80::1ff:fe23:4567:890a now", "from [IP] now"),
        ("from 2001:db8:0:0:0:0:0:1.", "from [IP]."),
        ("256.1.1.100", "256.1.1.100"),
        ("version 1.2.3.4.5", "version 1.2.3.4.5"),
        ("at 10:30:45", "at 10:30:45"),
        ("std::vector", "std::vector"),
    ],
)
def test_network_addresses_only_when_chosen(text: str, expected: str) -> None:
    assert redact(text, PATTERNS).text == expected
    assert redact(text).text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("０１７１ ３９２００４２", "[PHONE]"),
        ("٠١٧١ ٣٩٢٠٠٤٢", "[PHONE]"),
        ("0171\u00a03920042", "[PHONE]"),
        ("0171\u20113920042", "[PHONE]"),
        ("06·39·98·12·34", "[PHONE]"),
        ("0\u200b1\u200c7\u200d1 39\u2060200\ufeff42", "[PHONE]"),
        ("0\ufe0f\u20e31\ufe0f\u20e37\ufe0f\u20e31\ufe0f\u20e3 3920042", "[PHONE]"),
        ("anna＠example．com", "[EMAIL]"),
        ("an\u00adna@exam\u00adple.com", "[EMAIL]"),
        ("４２４２ 4242 4242 4242", "[CARD]"),
    ],
)
def test_disguises_of_unicode(text: str, expected: str) -> None:
    assert redact(f"é {text} ü").text == f"é {expected} ü"
