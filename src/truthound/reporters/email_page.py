"""A message as an e-mail: a plain part, an HTML part that reads well in light and dark, a small chart of earlier runs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, getaddresses
from functools import cache
from typing import TYPE_CHECKING, Any

from truthound._internal.escape import escape_terminal
from truthound._internal.text import percent
from truthound.reporters.message import Message, lines
from truthound.results import CheckpointResult, CheckpointStatus

if TYPE_CHECKING:
    from jinja2 import Template

BARS = 30
"""runs in the chart"""
_COLOURS = {
    CheckpointStatus.SUCCESS: "#1a7f37", CheckpointStatus.WARNING: "#9a6700", CheckpointStatus.FAILURE: "#cf222e",
    CheckpointStatus.ERROR: "#8250df",
}  # fmt: skip
_SEVERITIES = {"critical": "#cf222e", "high": "#bc4c00", "medium": "#9a6700", "low": "#0969da", "error": "#8250df"}
_PAGE = """\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<title>{{ m.headline|seen }}</title>
<style>
@media (prefers-color-scheme: dark) {
  body, .page { background: #0d1117 !important; color: #e6edf3 !important }
  .soft { color: #9198a1 !important } .line { border-color: #30363d !important } .box { background: #161b22 !important }
  a { color: #4493f8 !important }
}
</style></head>
<body style="margin:0;background:#fff;color:#1f2328;font:15px/1.5 -apple-system,'Segoe UI',Roboto,Arial,sans-serif">
<div class="page" style="max-width:680px;margin:0 auto;padding:20px">
<div style="border-left:6px solid {{ colour }};padding:2px 14px">
<div style="font-size:20px;font-weight:600;overflow-wrap:anywhere">{{ m.checkpoint|seen }}</div>
<div style="font-weight:600;color:{{ colour }}">{{ m.verdict }}{% if m.change_summary %}
<span class="soft" style="font-weight:400;color:#59636e"> · {{ m.change_summary }}</span>{% endif %}</div>
</div>
{% if note %}<p style="white-space:pre-wrap;overflow-wrap:anywhere">{{ note }}</p>{% endif %}
{% if m.error %}<p style="overflow-wrap:anywhere"><b>Error:</b> {{ m.error|seen }}</p>{% endif %}
{% if m.findings %}<table role="presentation" style="border-collapse:collapse;width:100%;margin:16px 0">
{% for f in m.findings %}<tr><td class="line" style="border-top:1px solid #d1d9e0;padding:8px 0;vertical-align:top">
<span style="font-size:12px;font-weight:600;color:{{ severities[f.severity] or '#59636e' }}">{{ f.severity }}</span>
<b style="overflow-wrap:anywhere">{{ f.subject|seen }}</b>
<span style="overflow-wrap:anywhere">{{ f.expected|seen }}</span>
{% if f.change %}<span class="soft" style="color:#59636e">{{ f.change }}</span>{% endif %}
{% for e in f.examples %}<div class="soft" style="font:13px/1.5 ui-monospace,Menlo,monospace;color:#59636e;overflow-wrap:anywhere">{{ e|seen }}</div>{% endfor %}
</td><td class="line" style="border-top:1px solid #d1d9e0;padding:8px 0 8px 12px;text-align:right;white-space:nowrap;vertical-align:top">{{ f.amount }}</td></tr>
{% endfor %}</table>{% endif %}
{% if m.omitted_line %}<p class="soft" style="color:#59636e">{{ m.omitted_line }}</p>{% endif %}
{% for f in m.fixed %}<div>✓ fixed: {{ f|seen }}</div>{% endfor %}
{% for u in m.undelivered %}<div style="overflow-wrap:anywhere">⚠ not delivered: {{ u|seen }}</div>{% endfor %}
{% if bars %}<div class="soft" style="color:#59636e;font-size:13px;margin:16px 0 4px">Checks that failed in the last {{ bars|length }} runs, newest last</div>
<table role="img" aria-label="{{ said }}" style="border-collapse:separate;border-spacing:2px 0;height:44px"><tr>
{% for b in bars %}<td style="width:12px;height:44px;vertical-align:bottom;padding:0" title="{{ b.said }}"><div style="background:{{ b.colour }};height:{{ b.height }}px;width:12px;font-size:0">&nbsp;</div></td>
{% endfor %}</tr></table>{% endif %}
{% if m.link %}<p><a href="{{ m.link }}" style="display:inline-block;background:#0969da;color:#fff !important;text-decoration:none;padding:8px 16px;border-radius:6px">Open the report</a></p>{% endif %}
<table role="presentation" class="box" style="border-collapse:collapse;width:100%;margin-top:16px;background:#f6f8fa;font-size:13px">
{% for name, told in m.facts %}<tr><td class="soft" style="padding:3px 12px;color:#59636e;white-space:nowrap;vertical-align:top;width:1%">{{ name|seen }}</td>
<td style="padding:3px 12px;overflow-wrap:anywhere">{{ told|seen }}</td></tr>
{% endfor %}</table>
</div></body></html>
"""


_HEADERS = ("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID")
"""what people want to see of a mail's headers"""


class _Policy(EmailPolicy):
    """The standard rules, but for the subject: they decode what looks encoded in it, line ends and all, which would let
    data write headers, and lose spaces where they fold what is not ASCII.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        return (name, str(value)) if name == "Subject" else super().header_store_parse(name, value)

    def header_fetch_parse(self, name: str, value: str) -> Any:
        return value if name == "Subject" else super().header_fetch_parse(name, value)

    def fold(self, name: str, value: str) -> str:
        if name != "Subject":
            standard: str = super().fold(name, value)
            return standard
        coding = None if value.isascii() and "=?" not in value else "utf-8"
        written = Header(value, coding, maxlinelen=75, header_name=name).encode(linesep=self.linesep)
        return f"{name}: {written}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Bar:
    """A run in the chart."""

    colour: str
    height: int
    said: str


@dataclass(frozen=True, slots=True)
class Addresses:
    """Who writes to whom. None of `hidden` is in a header."""

    sender: str
    to: tuple[str, ...]
    copy: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    reply: tuple[str, ...] = ()

    @property
    def everybody(self) -> list[str]:
        """The bare addresses that it goes to, each once."""
        return list(dict.fromkeys(a for _, a in getaddresses([*self.to, *self.copy, *self.hidden])))


def address(told: str) -> str:
    """The address; raises ValueError where it is none, or could end a header and begin another."""
    if not told.isprintable():
        raise ValueError("an address holds no control characters")
    if "=?" in told:
        raise ValueError(f"{told!r} holds an encoded name; write it as people read it")
    found = getaddresses([told])
    if len(found) != 1:
        raise ValueError(f"{told!r} is not one address")
    name, bare = found[0]
    try:
        parsed = Address(name, addr_spec=bare)
    except (ValueError, IndexError, HeaderParseError):
        raise ValueError(f"{told!r} is not an address such as team@example.com or Team <team@example.com>") from None
    if not parsed.domain or not parsed.username or not bare.isascii() or " " in bare:
        raise ValueError(f"{told!r} is not an address such as team@example.com or Team <team@example.com>")
    return str(parsed)


def subject(told: str) -> str:
    """A subject on one line."""
    return " ".join(escape_terminal(" ".join(told.split())).split())[:250] or "truthound"


def plain(message: Message) -> str:
    """The part for programs without HTML."""
    return "\n".join(escape_terminal(line) if line != message.note else line for line in lines(message)) + "\n"


def html(message: Message, history: Sequence[CheckpointResult] = ()) -> str:
    """The part for all others; everything in it is escaped."""
    bars = chart(history)
    return _page().render(
        m=message, note=message.note, colour=_COLOURS[message.status], severities=_SEVERITIES, bars=bars,
        said="; ".join(b.said for b in bars),
    )  # fmt: skip


def chart(history: Sequence[CheckpointResult]) -> list[Bar]:
    """A bar for each run that was checked: as high as the part of its checks that did not hold."""
    known = [(r, r.validation_result.statistics) for r in history[-BARS:] if r.validation_result]
    if len(known) < 2:
        return []
    bars = []
    for run, s in known:
        ran = s.passed + s.failed + s.warned + s.errored
        share = s.total_issues / ran if ran else 0.0
        said = f"{run.run_time:%Y-%m-%d %H:%M}: {percent(s.total_issues, ran)} of {ran:,} checks failed"
        bars.append(Bar(_COLOURS[run.status], 3 + round(41 * share), said))
    return bars


def mime(
    who: Addresses, about: str, text: str, page: str | None, *, run_id: str, sender: str, moment: object
) -> EmailMessage:
    """The whole e-mail, for SMTP and for services that take it raw.

    Its id follows from the run, the sending action and its addresses, so that a mail that is sent again is known.
    """
    from datetime import datetime

    mail = EmailMessage(policy=_Policy(linesep="\r\n"))
    mail["From"] = who.sender
    mail["To"] = ", ".join(who.to)
    if who.copy:
        mail["Cc"] = ", ".join(who.copy)
    if who.reply:
        mail["Reply-To"] = ", ".join(who.reply)
    mail["Subject"] = about
    mail["Date"] = format_datetime(moment if isinstance(moment, datetime) else datetime.now().astimezone())
    domain = getaddresses([who.sender])[0][1].rpartition("@")[2] or "localhost"
    told = "\0".join((run_id, sender, *who.everybody)).encode("utf-8", "replace")
    mail["Message-ID"] = f"<truthound.{hashlib.sha256(told).hexdigest()[:40]}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Truthound-Run"] = re.sub(r"[^A-Za-z0-9_.:+-]", "", run_id)[:200]
    mail.set_content(sound(text))
    if page is not None:
        mail.add_alternative(sound(page), subtype="html")
    return mail


def shown(letter: EmailMessage) -> str:
    """An e-mail for people: its headers, its plain part as it is read, and how large its HTML part is."""
    headers = [f"{name}: {value}" for name, value in letter.items() if name in _HEADERS]
    plain, page = letter.get_body(("plain",)), letter.get_body(("html",))
    text = plain.get_content() if plain else ""
    size = [f"(and an HTML part of {len(page.get_content().encode()):,} bytes)"] if page else []
    return "\n".join([*headers, "", *text.replace("\r\n", "\n").rstrip("\n").split("\n"), *size])


def sound(text: str) -> str:
    """Text that UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode()


def listed(told: str | Iterable[str]) -> list[str]:
    """Addresses as a list; a text may hold several, with commas or semicolons between."""
    if not isinstance(told, str):
        return list(told)
    return [
        a if not n else str(Address(n, addr_spec=a)) if "@" in a else a
        for n, a in getaddresses([told.replace(";", ",")])
        if a
    ]


@cache
def _page() -> Template:
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["seen"] = escape_terminal
    return environment.from_string(_PAGE)
