"""A message as an e-mail: a plain part, an HTML part that reads well in light and dark, a small chart of earlier runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

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
<title>{{ m.headline|visible }}</title>
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
<div style="font-size:20px;font-weight:600;overflow-wrap:anywhere">{{ m.checkpoint|visible }}</div>
<div style="font-weight:600;color:{{ colour }}">{{ m.verdict }}{% if m.change_summary %}
<span class="soft" style="font-weight:400;color:#59636e"> · {{ m.change_summary }}</span>{% endif %}</div>
</div>
{% if note %}<p style="white-space:pre-wrap;overflow-wrap:anywhere">{{ note }}</p>{% endif %}
{% if m.error %}<p style="overflow-wrap:anywhere"><b>Error:</b> {{ m.error|visible }}</p>{% endif %}
{% if m.findings %}<table role="presentation" style="border-collapse:collapse;width:100%;margin:16px 0">
{% for f in m.findings %}<tr><td class="line" style="border-top:1px solid #d1d9e0;padding:8px 0;vertical-align:top">
<span style="font-size:12px;font-weight:600;color:{{ severities[f.severity] or '#59636e' }}">{{ f.severity }}</span>
<b style="overflow-wrap:anywhere">{{ f.subject|visible }}</b>
<span style="overflow-wrap:anywhere">{{ f.expected|visible }}</span>
{% if f.change %}<span class="soft" style="color:#59636e">{{ f.change }}</span>{% endif %}
{% for e in f.examples %}<div class="soft" style="font:13px/1.5 ui-monospace,Menlo,monospace;color:#59636e;overflow-wrap:anywhere">{{ e|visible }}</div>{% endfor %}
</td><td class="line" style="border-top:1px solid #d1d9e0;padding:8px 0 8px 12px;text-align:right;white-space:nowrap;vertical-align:top">{{ f.amount }}</td></tr>
{% endfor %}</table>{% endif %}
{% if m.omitted_line %}<p class="soft" style="color:#59636e">{{ m.omitted_line }}</p>{% endif %}
{% for f in m.fixed %}<div>✓ fixed: {{ f|visible }}</div>{% endfor %}
{% for u in m.undelivered %}<div style="overflow-wrap:anywhere">⚠ not delivered: {{ u|visible }}</div>{% endfor %}
{% if bars %}<div class="soft" style="color:#59636e;font-size:13px;margin:16px 0 4px">Checks that failed in the last {{ bars|length }} runs, newest last</div>
<table role="img" aria-label="{{ chart_text }}" style="border-collapse:separate;border-spacing:2px 0;height:44px"><tr>
{% for b in bars %}<td style="width:12px;height:44px;vertical-align:bottom;padding:0" title="{{ b.title }}"><div style="background:{{ b.colour }};height:{{ b.height }}px;width:12px;font-size:0">&nbsp;</div></td>
{% endfor %}</tr></table>{% endif %}
{% if m.link %}<p><a href="{{ m.link }}" style="display:inline-block;background:#0969da;color:#fff !important;text-decoration:none;padding:8px 16px;border-radius:6px">Open the report</a></p>{% endif %}
<table role="presentation" class="box" style="border-collapse:collapse;width:100%;margin-top:16px;background:#f6f8fa;font-size:13px">
{% for name, value in m.facts %}<tr><td class="soft" style="padding:3px 12px;color:#59636e;white-space:nowrap;vertical-align:top;width:1%">{{ name|visible }}</td>
<td style="padding:3px 12px;overflow-wrap:anywhere">{{ value|visible }}</td></tr>
{% endfor %}</table>
</div></body></html>
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """A run in the chart."""

    colour: str
    height: int
    title: str


def plain(message: Message) -> str:
    """The part for programs without HTML."""
    return "\n".join(escape_terminal(line) if line != message.note else line for line in lines(message)) + "\n"


def html(message: Message, history: Sequence[CheckpointResult] = ()) -> str:
    """The HTML part; every value in it is escaped."""
    bars = chart(history)
    return _page().render(
        m=message, note=message.note, colour=_COLOURS[message.status], severities=_SEVERITIES, bars=bars,
        chart_text="; ".join(b.title for b in bars),
    )  # fmt: skip


def chart(history: Sequence[CheckpointResult]) -> list[Bar]:
    """A bar for each run with a result, as high as the share of its checks that failed or could not be evaluated."""
    known = [(r, r.validation_result.statistics) for r in history[-BARS:] if r.validation_result]
    if len(known) < 2:
        return []
    bars = []
    for run, s in known:
        title = (
            f"{run.run_time:%Y-%m-%d %H:%M}: {percent(s.total_issues, s.evaluated)} of {s.evaluated:,} checks failed"
        )
        bars.append(Bar(_COLOURS[run.status], 3 + round(41 * s.issue_rate), title))
    return bars


@cache
def _page() -> Template:
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["visible"] = escape_terminal
    return environment.from_string(_PAGE)
