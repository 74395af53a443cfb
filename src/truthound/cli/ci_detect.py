"""`truthound ci detect`: the CI system and its values."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from truthound._internal.escape import escape_terminal
from truthound.ci.models import CIEnvironment
from truthound.ci.platforms import PLATFORMS
from truthound.reporters.terminal import Look, Span, line


def facts(environment: CIEnvironment) -> dict[str, Any]:
    """The fields of the environment as plain values."""
    found = {f.name: getattr(environment, f.name) for f in fields(environment)}
    return found | {"platform": environment.platform.value}


def page(environment: CIEnvironment, look: Look) -> str:
    """The system and all fields as text for the terminal; a commit message is its first line."""
    title = PLATFORMS[environment.platform].title
    rows: list[list[Span]] = []
    for name, value in facts(environment).items():
        text = str(value).lower() if isinstance(value, bool) else escape_terminal(str(value or "").partition("\n")[0])
        rows.append([(name, "dim"), (text, "") if text else ("unknown", "dim")])
    return look.render([line((title[0].upper() + title[1:], "bold")), look.table(rows, indent=2)])
