"""E-mail addresses, and a message as MIME."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, getaddresses
from typing import Any

from truthound._internal.escape import escape_terminal

_SHOWN_HEADERS = ("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID")


@dataclass(frozen=True, slots=True)
class Addresses:
    """The sender and the recipients. No header contains `bcc`."""

    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()

    @property
    def recipients(self) -> list[str]:
        """The addresses without names, each once."""
        return list(dict.fromkeys(address for _, address in getaddresses([*self.to, *self.cc, *self.bcc])))

    @property
    def sender_address(self) -> str:
        """The sender's address without the name."""
        return getaddresses([self.sender])[0][1]


@dataclass(frozen=True, slots=True)
class Content:
    """A rendered e-mail; without `html` it has a plain part only."""

    subject: str
    text: str
    html: str | None


def parse_address(given: str) -> str:
    """The address; raises ValueError where it is invalid, or could end a header and begin another."""
    if not given.isprintable():
        raise ValueError("an address contains no control characters")
    if "=?" in given:
        raise ValueError(f"{given!r} contains an encoded name; write it as people read it")
    found = getaddresses([given])
    if len(found) != 1:
        raise ValueError(f"{given!r} is not one address")
    name, address = found[0]
    try:
        parsed = Address(name, addr_spec=address)
    except (ValueError, IndexError, HeaderParseError):
        parsed = Address()
    if not parsed.domain or not parsed.username or not address.isascii() or " " in address:
        raise ValueError(f"{given!r} is not an address such as team@example.com or Team <team@example.com>")
    return str(parsed)


def split_addresses(given: str | Iterable[str]) -> list[str]:
    """Addresses as a list; a text may contain several, separated by commas or semicolons."""
    if not isinstance(given, str):
        return list(given)
    return [
        str(Address(name, addr_spec=address)) if name and "@" in address else address
        for name, address in getaddresses([given.replace(";", ",")])
        if address
    ]


def one_line_subject(text: str) -> str:
    """A subject on one line."""
    return " ".join(escape_terminal(" ".join(text.split())).split())[:250] or "truthound"


def encodable(text: str) -> str:
    """The text without what UTF-8 cannot encode."""
    return text.encode("utf-8", "replace").decode()


def mime(addresses: Addresses, content: Content, *, run_id: str, identity: str, moment: datetime) -> EmailMessage:
    """The whole e-mail, for SMTP and for services that take it raw.

    Its id follows from the run, the identity and the addresses: an e-mail that is sent again has the same one.
    """
    mail = EmailMessage(policy=_Policy(linesep="\r\n"))
    mail["From"] = addresses.sender
    mail["To"] = ", ".join(addresses.to)
    if addresses.cc:
        mail["Cc"] = ", ".join(addresses.cc)
    if addresses.reply_to:
        mail["Reply-To"] = ", ".join(addresses.reply_to)
    mail["Subject"] = content.subject
    mail["Date"] = format_datetime(moment)
    domain = addresses.sender_address.rpartition("@")[2] or "localhost"
    digest = hashlib.sha256("\0".join((run_id, identity, *addresses.recipients)).encode("utf-8", "replace")).hexdigest()
    mail["Message-ID"] = f"<truthound.{digest[:40]}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Truthound-Run"] = re.sub(r"[^A-Za-z0-9_.:+-]", "", run_id)[:200]
    mail.set_content(encodable(content.text))
    if content.html is not None:
        mail.add_alternative(encodable(content.html), subtype="html")
    return mail


def describe(mail: EmailMessage) -> str:
    """An e-mail for people: its headers, its plain part as it is read, and the size of its HTML part."""
    headers = [f"{name}: {value}" for name, value in mail.items() if name in _SHOWN_HEADERS]
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    text = plain.get_content() if plain else ""
    size = [f"(and an HTML part of {len(page.get_content().encode()):,} bytes)"] if page else []
    return "\n".join([*headers, "", *text.replace("\r\n", "\n").rstrip("\n").split("\n"), *size])


class _Policy(EmailPolicy):
    """The standard rules, except for the subject, where they decode what looks encoded, line ends included, so that data
    could write headers, and lose spaces where they fold text that is not ASCII.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        return (name, str(value)) if name == "Subject" else super().header_store_parse(name, value)

    def header_fetch_parse(self, name: str, value: str) -> Any:
        return value if name == "Subject" else super().header_fetch_parse(name, value)

    def fold(self, name: str, value: str) -> str:
        if name != "Subject":
            folded: str = super().fold(name, value)
            return folded
        charset = None if value.isascii() and "=?" not in value else "utf-8"
        encoded = Header(value, charset, maxlinelen=75, header_name=name).encode(linesep=self.linesep)
        return f"{name}: {encoded}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii", "surrogateescape")
