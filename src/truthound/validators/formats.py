"""Formats that texts may have, by name: each a predicate made of regular expressions, sets and what an engine computes.

Sources: e-mail RFC 5321 and 6531 as far as addresses in use go; URL RFC 3986 with an authority; UUID RFC 9562; IPv4 and IPv6
RFC 4291 and 5952 (zone: RFC 4007); phone ITU-T E.164 digits with the usual separators; dates ISO 8601 and RFC 3339; card
numbers ISO/IEC 7812; IBAN ISO 13616; countries ISO 3166-1; currencies ISO 4217.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from truthound.engine import measures as m
from truthound.validators.code_lists import COUNTRIES, CURRENCIES, IBAN_LENGTHS

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"(?:{_OCTET}\.){{3}}{_OCTET}"
_HEX = r"[0-9A-Fa-f]{1,4}"
_LAST = rf"(?:{_HEX}:{_HEX}|{_IPV4})"
_IPV6 = "(?:" + "|".join([
    rf"(?:{_HEX}:){{6}}{_LAST}",
    rf"::(?:{_HEX}:){{5}}{_LAST}",
    rf"(?:{_HEX})?::(?:{_HEX}:){{4}}{_LAST}",
    *(rf"(?:(?:{_HEX}:){{0,{n}}}{_HEX})?::(?:{_HEX}:){{{4 - n}}}{_LAST}" for n in range(1, 5)),
    rf"(?:(?:{_HEX}:){{0,5}}{_HEX})?::{_HEX}",
    rf"(?:(?:{_HEX}:){{0,6}}{_HEX})?::",
]) + ")"  # fmt: skip
_PORT = r"(?::(?:[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
_ATOM = r"[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}_-]*[\p{L}\p{N}\p{M}])?"

# Counted repetitions of Unicode classes make automata of many thousand states, fifty times slower to run. So the patterns
# repeat without end, and texts of more than 64 characters, which alone can have a label of more than 63, are looked at again.
_EMAIL = rf"^{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?:\p{{L}}{{2,}}|xn--[0-9A-Za-z-]+)$"
_LONG_IN_EMAIL = r"^[^@]{65}|@(?:[^.]*\.)*[^.]{64}"
_HOST_LABEL = r"[\p{L}\p{N}_][\p{L}\p{N}\p{M}_-]*"
_HOST = rf"(?:\[{_IPV6}\]|(?:{_HOST_LABEL}\.)*{_HOST_LABEL}\.?)"
_TAIL = r"""(?:[/?#][^\s<>"\\^`{|}]*)?"""
_URL = rf"^(?:[A-Za-z][A-Za-z0-9+.-]*://(?:[^\s/?#@<>]*@)?{_HOST}{_PORT}{_TAIL}|(?i:file):///[^\s<>]+)$"
_LONG_IN_URL = r"^[^:]*://(?:[^/?#]*[@.])?[^./?#:@]{64}[^/?#@]*(?:[/?#]|$)"
UUID = r"^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
_PHONE = r"^\+?\(?[0-9](?:[() ./\u{2010}-\u{2013}-]{0,3}[0-9]){6,14}(?: ?(?:x|#|ext\.?) ?[0-9]{1,6})?$"
_CARD = r"^[1-9](?:[ -]?[0-9]){11,18}$"
ISO_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_TIME = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?"
_ZONE = r"(?:[Zz]|[+-](?:0[0-9]|1[0-9]|2[0-3])(?::?[0-5][0-9])?)?"
_DATETIME = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[Tt ]{_TIME}{_ZONE}$"
_IBAN = (
    "^(?:"
    + "|".join(
        rf"(?:{'|'.join(countries.split())})[0-9]{{2}}(?: ?[A-Z0-9]){{{length - 4}}}"
        for length, countries in IBAN_LENGTHS.items()
    )
    + ")$"
)


@dataclass(frozen=True, slots=True)
class TextFormat:
    """A format: what a value of it is called, and the predicate that is true for one."""

    label: str
    predicate: Callable[[str], m.Predicate]


def _regex(label: str, pattern: str, *, also: str = "") -> TextFormat:
    """A text that matches the pattern, and passes what the engine computes under the name `also`."""

    def predicate(column: str) -> m.Predicate:
        shaped = m.Matches(column, pattern)
        return m.And((shaped, m.Format(column, also))) if also else shaped

    return TextFormat(label, predicate)


def _bounded(column: str, pattern: str, too_long: str, longest: int | None = None) -> m.Predicate:
    """A text that matches; one of more than 64 characters is no longer than `longest`, and has no match of `too_long`."""
    fits = m.And((m.Not(m.Matches(column, too_long)), m.LengthBetween(column, None, longest)))
    return m.And((m.Matches(column, pattern), m.Or((m.LengthBetween(column, None, 64), fits))))


FORMATS: dict[str, TextFormat] = {
    "email": TextFormat("an e-mail address", lambda column: _bounded(column, _EMAIL, _LONG_IN_EMAIL, 254)),
    "url": TextFormat("a URL", lambda column: _bounded(column, _URL, _LONG_IN_URL)),
    "uuid": _regex("a UUID", UUID),
    "ipv4": _regex("an IPv4 address", rf"^{_IPV4}$"),
    "ipv6": _regex("an IPv6 address", rf"^{_IPV6}(?:%[0-9A-Za-z._~-]+)?$"),
    "phone": _regex("a telephone number", _PHONE),
    "date": _regex("an ISO date", ISO_DATE, also="date"),
    "datetime": _regex("an ISO date and time", _DATETIME, also="datetime"),
    "json": TextFormat("JSON", lambda column: m.Format(column, "json")),
    "credit_card": _regex("a card number", _CARD, also="luhn"),
    "iban": _regex("an IBAN", _IBAN, also="iban"),
    "country": TextFormat("an ISO 3166 country code", lambda column: m.In(column, COUNTRIES)),
    "currency": TextFormat("an ISO 4217 currency code", lambda column: m.In(column, CURRENCIES)),
}

ALIASES: dict[str, str] = {
    "e_mail": "email", "mail": "email", "email_address": "email", "uri": "url", "guid": "uuid", "ip": "ipv4", "ip_address": "ipv4",
    "telephone": "phone", "phone_number": "phone", "iso_date": "date", "iso_datetime": "datetime", "iso8601": "datetime",
    "timestamp": "datetime", "card": "credit_card", "luhn": "credit_card", "country_code": "country", "currency_code": "currency",
}  # fmt: skip
