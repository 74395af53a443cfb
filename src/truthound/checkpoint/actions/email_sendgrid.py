"""The body of SendGrid's API: https://docs.sendgrid.com/api-reference/mail-send."""

from __future__ import annotations

from collections.abc import Iterable
from email.utils import getaddresses
from typing import Any

from truthound.checkpoint.actions.email_message import Addresses, Content, encodable

API = "https://api.sendgrid.com/v3/mail/send"


def payload(addresses: Addresses, content: Content) -> dict[str, Any]:
    """The request's body. SendGrid refuses repeated addresses."""
    seen: set[str] = set()
    groups = {name: [a for a in _parsed(group) if not _repeated(a["email"], seen)] for name, group in (
        ("to", addresses.to), ("cc", addresses.cc), ("bcc", addresses.bcc)
    )}  # fmt: skip
    reply_to = _parsed(addresses.reply_to)
    parts = [{"type": "text/plain", "value": encodable(content.text)}]
    parts += [{"type": "text/html", "value": encodable(content.html)}] if content.html else []
    return {
        "personalizations": [{name: group for name, group in groups.items() if group}],
        "from": _parsed([addresses.sender])[0],
        **({"reply_to_list": reply_to} if reply_to else {}),
        "subject": content.subject,
        "content": parts,
    }


def _parsed(addresses: Iterable[str]) -> list[dict[str, str]]:
    return [{"email": address} | ({"name": name} if name else {}) for name, address in getaddresses(list(addresses))]


def _repeated(address: str, seen: set[str]) -> bool:
    repeated = address.lower() in seen
    seen.add(address.lower())
    return repeated
