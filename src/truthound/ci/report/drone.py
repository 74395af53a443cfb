"""Runs as a card of a Drone step: an Adaptive Card and its data in one JSON file.

https://docs.drone.io/plugins/adaptive_cards/ (read in November 2026): the file that DRONE_CARD_PATH names has a
`schema`, which is an address, and `data`. Ours is a data: address, so that the card needs nothing from elsewhere.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from truthound._internal.escape import escape_adaptive_card as escaped
from truthound._internal.text import plural, shorten
from truthound.ci.detect import CIEnvironment
from truthound.ci.report.effects import Output, Print, Write
from truthound.reporters import wording
from truthound.reporters.check_view import check_view
from truthound.results import CheckpointResult

_COLOURS = {"success": "Good", "warning": "Warning"}
_RUNS, _ISSUES, _WIDTH = 20, 10, 200


def card(results: Sequence[CheckpointResult], env: Mapping[str, str], ci: CIEnvironment) -> Output:
    """The card: to the file that Drone names; a runner that reads it from the log gets it there."""
    made = {"schema": _address(layout(results, ci)), "data": {}}
    path = env["DRONE_CARD_PATH"]
    if path in {"/dev/stdout", "/dev/stderr"}:
        packed = base64.b64encode(json.dumps(made).encode()).decode()
        return Print(f"\x1b]1338;{packed}\x1b]0m")
    return Write(path, json.dumps(made))


def _address(layout: Mapping[str, Any]) -> str:
    packed = base64.b64encode(json.dumps(layout).encode()).decode()
    return f"data:application/json;base64,{packed}"


def layout(results: Sequence[CheckpointResult], ci: CIEnvironment) -> dict[str, Any]:
    """An Adaptive Card with a heading, the counts and the worst issues of each run."""
    body: list[dict[str, Any]] = []
    for result in results[:_RUNS]:
        s = result.validation_result.statistics if result.validation_result else None
        name = escaped(shorten(result.checkpoint_name, _WIDTH))
        body.append(
            {
                "type": "TextBlock", "weight": "Bolder", "size": "Medium", "wrap": True, "color": "Attention" if wording.fails(result) else _COLOURS[result.status.value],
                "text": f"{name}: {wording.verdict(result)}",
            }
        )  # fmt: skip
        said = wording.tally(s) if s else wording.one_line(result.error or "nothing was checked")
        body.append({"type": "TextBlock", "wrap": True, "text": escaped(shorten(said, _WIDTH))})
        found = [*wording.of_the_run(result), *wording.ordered(result)]
        facts = [
            {"title": view.severity, "value": escaped(shorten(view.text, _WIDTH))}
            for view in map(check_view, found[:_ISSUES])
        ]
        if left := len(found) - len(facts):
            facts.append({"title": "…", "value": f"and {plural(left, 'more issue')}"})
        if facts:
            body.append({"type": "FactSet", "facts": facts})
    if left := len(results) - _RUNS:
        body += [{"type": "TextBlock", "text": f"… and {plural(left, 'more run')}"}] if left > 0 else []
    actions = (
        [{"type": "Action.OpenUrl", "title": "Open the build", "url": ci.run_url}]
        if ci.run_url.startswith("http")
        else []
    )
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": body,
        **({"actions": actions} if actions else {}),
    }
