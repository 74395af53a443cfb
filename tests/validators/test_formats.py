# ruff: noqa: RUF001 letters that look like others are what is tested

import ipaddress
import json
import random

import pytest

from helpers.checking import one
from truthound.validators import FormatOf
from truthound.validators.code_lists import COUNTRIES, CURRENCIES, IBAN_LENGTHS
from truthound.validators.formats import ALIASES, FORMATS

GOOD = {
    "email": ["a@b.co", "first.last+tag@sub.example.org", "o'neil@example.com", "x_y-z@ex-ample.museum", "jürgen@münchen.de", "1@2.xn--p1ai", "A@B.C.DE"],
    "url": ["http://example.com", "https://example.com/", "https://u:p@example.com:8080/a/b.html?x=1&y=%20#frag", "http://localhost:3000", "http://192.168.0.1/x",
            "http://[2001:db8::1]:80/", "ftp://ftp.example.org/f.txt", "s3://my_bucket/key", "https://münchen.de/straße", "file:///etc/hosts", "https://example.com?x", "HTTP://EXAMPLE.COM"],
    "uuid": ["123e4567-e89b-12d3-a456-426614174000", "00000000-0000-0000-0000-000000000000", "123E4567-E89B-12D3-A456-426614174000"],
    "ipv4": ["0.0.0.0", "255.255.255.255", "192.168.1.10"],
    "ipv6": ["::", "::1", "2001:db8::8a2e:370:7334", "1:2:3:4:5:6:7:8", "::ffff:192.0.2.1", "fe80::1%eth0", "1::", "1:2:3:4:5:6:7::"],
    "phone": ["+1 (555) 123-4567", "555-123-4567", "+49 30 123456", "+49 (0)89 1234567", "020 7946 0958", "+15551234567", "555.123.4567 x123", "(555) 123-4567 ext. 9"],
    "date": ["2024-02-29", "1999-12-31", "0001-01-01"],
    "datetime": ["2024-02-29T23:59:59Z", "2024-01-01 00:00", "2024-01-01T00:00:00.123456+02:00", "2024-01-01T12:30:00-0530", "2024-01-01t12:30:00z"],
    "json": ['{"a": [1, null]}', "[]", "1", '"x"', "null"],
    "credit_card": ["4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005", "6011000990139424"],
    "iban": ["DE89370400440532013000", "GB29 NWBK 6016 1331 9268 19", "NO9386011117947", "MT84MALT011000012345MTLCAST001S", "FR1420041010050500013M02606", "LC55HEMM000100010012001200023015"],
    "country": ["DE", "US", "DEU", "USA", "GB"],
    "currency": ["EUR", "USD", "JPY", "XAU", "HRK"],
}  # fmt: skip
BAD = {
    "email": ["", "a", "a@b", "@b.co", "a@", "a b@c.de", "a@b..co", ".a@b.co", "a.@b.co", "a..b@c.de", "a@-b.co", "a@b-.co", "a@b.c", "a@b.co ", "a@b.co\n", "a@@b.co", "a,b@c.de",
              "x" * 65 + "@example.com", "a@" + "x." * 130 + "com", "a@1.2.3.4", "<a@b.co>"],
    "url": ["", "example.com", "http://", "http:// example.com", "//example.com", "http://exa mple.com", "http://example.com:99999", "mailto:a@b.co", "http://.com", "http://example..com",
            "http://example.com/a b", "http://[::1", "javascript:alert(1)", "http://<x>.com", "1http://example.com"],
    "uuid": ["", "123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400", "{123e4567-e89b-12d3-a456-426614174000}", "g23e4567-e89b-12d3-a456-426614174000"],
    "ipv4": ["", "256.1.1.1", "1.1.1", "1.1.1.1.1", "01.1.1.1", "1.1.1.1 ", "1.1.1.-1", "١.1.1.1"],
    "ipv6": ["", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::g", "12345::", "1::2::3", "192.0.2.1", "::ffff:256.0.2.1", "1:2:3:4:5:6:7:8::", "[::1]"],
    "phone": ["", "123", "abc", "555-123-456a", "++15551234567", "1234567890123456", "+", "555----1234567", "٥٥٥١٢٣٤٥٦٧"],
    "date": ["", "2024-02-30", "2023-02-29", "2024-1-1", "01/02/2024", "2024-13-01", "2024-00-10", "2024-01-01T00:00", "20240101", "２０２４-01-01"],
    "datetime": ["", "2024-02-30T00:00:00", "2024-01-01", "2024-01-01T24:01:00", "2024-01-01T12:60:00", "2024-01-01T1:00", "2024-01-01T12:00:00+25:00", "yesterday"],
    "json": ["NaN", "[Infinity]", '{"a": -Infinity}', "", "{", "{'a': 1}", "[1,]", "nul", '{"a":}'],
    "credit_card": ["", "4111111111111112", "4111", "abcd111111111111", "0000000000000000", "4111  1111 1111 1111", "41111111111111111111111", "４１１１１１１１１１１１１１１１"],
    "iban": ["", "DE89370400440532013001", "DE8937040044053201300", "XX89370400440532013000", "GB29 NWBK 6016 1331 9268 1", "de89370400440532013000", "DE", "DE89  370400440532013000"],
    "country": ["", "de", "XX", "UK", "ZZZ", "Germany"],
    "currency": ["", "eur", "EURO", "XYZ", "€"],
}  # fmt: skip


def held(name: str, texts: list[str]) -> list[bool]:
    """Which texts have the format."""
    outcome = one({"s": [*texts, None]}, FormatOf("s", format=name))
    assert outcome.error is None, outcome.error
    wrong = set()
    for i in range(0, len(texts), 10):
        part = one({"s": texts[i : i + 10]}, FormatOf("s", format=name))
        wrong |= {i + e.row - 1 for e in part.examples if e.row}
    assert len(wrong) == outcome.failed
    return [i not in wrong for i in range(len(texts))]


@pytest.mark.parametrize("name", FORMATS)
def test_what_has_the_format(name):
    assert dict(zip(GOOD[name], held(name, GOOD[name]), strict=True)) == dict.fromkeys(GOOD[name], True)


@pytest.mark.parametrize("name", FORMATS)
def test_what_has_not(name):
    assert dict(zip(BAD[name], held(name, BAD[name]), strict=True)) == dict.fromkeys(BAD[name], False)


def is_address(kind, text):
    try:
        kind(text)
    except ValueError:
        return False
    return True


def test_addresses_agree_with_the_standard_library():
    rng = random.Random(7)
    pieces = ["0", "1", "ab", "ffff", "12345", "", "1.2.3.4", "255.0.0.256", "g"]
    six = [":".join(rng.choices(pieces, weights=[4, 4, 4, 4, 1, 4, 1, 1, 1], k=rng.randint(1, 9))) for _ in range(3000)]
    four = [
        ".".join(
            rng.choices(
                ["0", "1", "25", "255", "256", "01", "", "a"],
                weights=[4, 4, 4, 4, 1, 1, 1, 1],
                k=rng.choice([3, 4, 4, 4, 5]),
            )
        )
        for _ in range(1000)
    ]
    for name, kind, texts in (("ipv6", ipaddress.IPv6Address, six), ("ipv4", ipaddress.IPv4Address, four)):
        good = [t for t in dict.fromkeys(texts) if is_address(kind, t)]
        bad = [t for t in dict.fromkeys(texts) if not is_address(kind, t)]
        assert len(good) > 100
        assert one({"s": good}, FormatOf("s", format=name)).failed == 0
        assert one({"s": bad}, FormatOf("s", format=name)).failed == len(bad)


def luhn(digits: str) -> bool:
    return sum(sum(divmod(int(d) * (1 + i % 2), 10)) for i, d in enumerate(reversed(digits))) % 10 == 0


def test_card_numbers_agree_with_the_formula():
    rng = random.Random(11)
    numbers = ["4" + "".join(rng.choices("0123456789", k=rng.randint(11, 18))) for _ in range(1000)]
    expected = sum(not luhn(n) for n in numbers)
    assert one({"s": numbers}, FormatOf("s", format="credit_card")).failed == expected
    assert 800 < expected < 1000


def test_one_changed_digit_breaks_an_iban():
    whole = "GB29NWBK60161331926819"
    changed = [
        whole[:i] + str((int(whole[i]) + 1) % 10) + whole[i + 1 :] for i in range(len(whole)) if whole[i].isdigit()
    ]
    assert one({"s": changed}, FormatOf("s", format="iban")).failed == len(changed)


def test_json_nested_beyond_measure_is_no_crash():
    deep = "[" * 100_000
    assert one({"s": [deep, json.dumps({"a": 1})]}, FormatOf("s", format="json")).failed == 1


def test_the_lists_are_whole():
    assert sum(len(c) == 2 for c in COUNTRIES) == sum(len(c) == 3 for c in COUNTRIES) == 249
    assert len(set(COUNTRIES)) == len(COUNTRIES)
    assert len(set(CURRENCIES)) == len(CURRENCIES)
    assert all(len(c) == 3 and c.isupper() for c in CURRENCIES)
    with_iban = [c for countries in IBAN_LENGTHS.values() for c in countries.split()]
    assert len(set(with_iban)) == len(with_iban)
    assert set(with_iban) - set(COUNTRIES) == {"XK"}  # Kosovo has an IBAN and no ISO code


def test_aliases_mean_formats():
    assert set(ALIASES.values()) <= set(FORMATS)
    assert not set(ALIASES) & set(FORMATS)
