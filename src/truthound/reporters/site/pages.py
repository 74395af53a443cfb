"""The pages: a run, and the index of all checkpoints. Each is one file that works offline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from truthound._internal.escape import escape_markdown as escaped
from truthound._internal.escape import escape_terminal
from truthound._internal.text import MISSING, cell, duration, plural, shorten
from truthound.reporters import markdown as md
from truthound.reporters import message as messages
from truthound.reporters import wording
from truthound.reporters.check_view import CheckView, check_view
from truthound.reporters.site.records import RunRecord
from truthound.results import CheckOutcome, CheckpointResult, CheckStatus

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

MARK = "truthound data docs"
"""marks an index page as written by truthound"""
LEVELS = {"minimal": 0, "default": 1, "detailed": 2}
_COLUMNS, _ISSUES, _OTHERS = 14, 500, 3000  # shown at most


def run_page(
    result: CheckpointResult,
    previous: CheckpointResult | None,
    history: Sequence[RunRecord],
    *,
    site_name: str,
    template: str = "default",
    source: str | None = None,
) -> str:
    """A run's page. `source` is a Jinja2 template of the user in place of the default."""
    known = _facts(result, previous) | {
        "history": history,
        "here": result.run_id,
        "site_name": site_name,
        "level": LEVELS[template],
    }
    if source is not None:
        known |= {"result": result.to_dict()}
        return _environment().from_string(source).render(known)
    return _environment().get_template("run.html").render(known)


def index_page(
    runs: Iterable[RunRecord], *, site_name: str, history: bool = True, older: dict[str, int] | None = None
) -> str:
    """The index, from records in the order of time."""
    checkpoints = _by_checkpoint(runs, history=history, older=older or {})
    failing = sum(c["last"].status != "success" for c in checkpoints)
    return (
        _environment().get_template("index.html").render(checkpoints=checkpoints, failing=failing, site_name=site_name)
    )


def run_markdown(
    result: CheckpointResult,
    previous: CheckpointResult | None,
    history: Sequence[RunRecord],
    *,
    template: str = "default",
) -> str:
    """A run's page in Markdown; as much as the template shows in HTML."""
    level, known = LEVELS[template], _facts(result, previous)
    lines = [md.section(result, previous, md.WHOLE if level else md.Cut(examples=0, rest=False)).rstrip("\n")]
    if level and len(history) > 1:
        rows = [[f"[{r.when}](../../{r.page})", r.verdict, escaped(r.tally)] for r in reversed(history)]
        lines += ["", "### Trend", "", *md.table(["when", "verdict", "checks"], rows)]
    if passed := [o for o in known["others"] if level and o["status"] == CheckStatus.PASSED.value]:
        rows = [[escaped(o[k]) for k in ("subject", "expected", "amount")] for o in passed]
        listed = md.table(["column", "rule", "rows"], rows)
        lines += md.folded(f"{len(passed):,} passed", listed, opened=level > 1)
    if level > 1:
        for issue in known["issues"]:
            lines += ["", f"### {escaped(issue['subject'])}: {escaped(issue['expected'])}", ""]
            lines += [f"- {n}: {escaped(v)}" for n, v in issue["facts"]]
        lines += ["", "### About this run", "", *(f"- {escaped(n)}: {escaped(v)}" for n, v in known["about"])]
    return "\n".join(lines) + "\n"


def index_markdown(
    runs: Iterable[RunRecord], *, site_name: str, history: bool = True, older: dict[str, int] | None = None
) -> str:
    """The index in Markdown."""
    lines = [f"<!-- {MARK} -->", f"# {escaped(site_name)}", ""]
    for c in _by_checkpoint(runs, history=history, older=older or {}):
        lines += [f"## {escaped(c['name'])}: {c['last'].verdict}", ""]
        lines += [f"- {escaped(w)}" for w in c["last"].worst]
        lines += ["", "| when | verdict | checks |", "| --- | --- | --- |"]
        lines += [f"| [{r.when}]({r.page}) | {r.verdict} | {escaped(r.tally)} |" for r in reversed(c["runs"])]
        lines += ["", *([f"{plural(c['older'], 'older run')} not listed", ""] if c["older"] else [])]
    return "\n".join(lines) + "\n"


def _by_checkpoint(runs: Iterable[RunRecord], *, history: bool, older: dict[str, int]) -> list[dict[str, Any]]:
    """The checkpoints, those that do not pass first, each with its runs in the order of time."""
    grouped: dict[str, list[RunRecord]] = {}
    for one in runs:
        grouped.setdefault(one.name, []).append(one)
    found = []
    for name, listed in grouped.items():
        listed.sort(key=lambda r: r.run_time)
        kept = listed if history else listed[-1:]
        found.append({"name": name, "last": listed[-1], "runs": kept, "older": older.get(name, 0) if history else 0})
    order = ("failure", "error", "warning", "success")
    return sorted(found, key=lambda c: (order.index(c["last"].status) if c["last"].status in order else 0, c["name"]))


def _facts(result: CheckpointResult, previous: CheckpointResult | None) -> dict[str, Any]:
    message = messages.build(result, previous)
    validation = result.validation_result
    before = previous.validation_result if previous else None
    change = wording.changes(before)
    counts: list[tuple[str, str]] = []
    if validation:
        s = validation.statistics
        counts = [(f"{s.failed:,}", "failed"), (f"{s.warned:,}", "warned"), (f"{s.errored:,}", "errored"), (f"{s.passed:,}", "passed"),
                  (f"{s.skipped:,}", "skipped"), (f"{s.pass_rate:.1%}" if s.pass_rate < 1 else "100%", "pass rate")]  # fmt: skip
    outcomes = validation.outcomes if validation else ()
    found = wording.ordered(result)
    others = [o for o in outcomes if o.status in (CheckStatus.PASSED, CheckStatus.SKIPPED) and not o.hidden]
    about = [*message.facts, *(("Note", n) for n in (validation.notes if validation else ()))]
    about += [(k, str(v)) for k, v in result.metadata.items() if k != "tags"]
    return {
        "m": message,
        "counts": counts,
        "issues": [_issue(o, check_view(o, validation, change)) for o in found[:_ISSUES]],
        "fixed": message.fixed[:_ISSUES],
        "others": [_other(o) for o in others[:_OTHERS]],
        "actions": [
            {
                "name": a.action_name or a.action_type,
                "status": a.status.value,
                "fine": a.delivered,
                "message": a.message,
            }
            for a in result.action_results
        ],
        "about": [*((n, shorten(v, 2000)) for n, v in about)]
        + ([("Issues not shown", f"{len(found) - _ISSUES:,}")] if len(found) > _ISSUES else []),
        "duration": duration(result.duration_ms / 1000),
    }


def _issue(outcome: CheckOutcome, view: CheckView) -> dict[str, Any]:
    columns = view.columns[:_COLUMNS]
    rows = [
        (
            "" if e.row is None else f"{e.row:,}",
            [(c, cell(e.values.get(c), 200) if c in e.values else "", e.values.get(c) is None) for c in columns],
        )
        for e in view.examples
    ]
    facts = (
        ("Validator", outcome.validator), ("Check", outcome.id), ("Where", outcome.where or ""), ("Declared in", view.location),
        ("Observed", "" if outcome.observed is None else shorten(str(outcome.observed), 1000)),
        ("Allowed", f"{outcome.allowed:,}" if outcome.allowed else ""), ("Tags", ", ".join(outcome.tags)),
    )  # fmt: skip
    return {
        "severity": view.severity,
        "subject": view.subject,
        "expected": view.expected,
        "amount": view.failing,
        "change": view.change,
        "description": outcome.description or "",
        "common": [f"{MISSING if v is None else cell(v)} × {n:,}" for v, n in view.frequent],  # noqa: RUF001 the sign is meant
        "columns": columns,
        "bad": set(outcome.columns),
        "rows": rows,
        "more": plural(view.more_rows, "more row") if view.more_rows else "",
        "facts": [(n, v) for n, v in facts if v],
    }


def _other(outcome: CheckOutcome) -> dict[str, str]:
    view = check_view(outcome)
    skipped = outcome.status is CheckStatus.SKIPPED
    return {
        "status": outcome.status.value,
        "subject": view.subject,
        "expected": outcome.message or outcome.expected or outcome.validator if skipped else view.expected,
        "amount": view.failing if outcome.failed else "",
    }


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    from jinja2 import DictLoader
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from markupsafe import Markup

    folder = files("truthound.reporters.site").joinpath("templates")
    texts = {f.name: f.read_text(encoding="utf-8") for f in folder.iterdir() if f.name.endswith((".html", ".css"))}
    made = ImmutableSandboxedEnvironment(
        loader=DictLoader(texts), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["seen"] = escape_terminal
    made.globals["style"] = Markup(texts["style.css"])  # noqa: S704 our own
    return made
