"""Expands `${VAR}` and `${VAR:-default}` in text from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping

from truthound._internal.text import shorten
from truthound.errors import ConfigError

_REFERENCE = re.compile(r"\$\$(?=\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|(\$\{[^}]*\}?)")


def expand(text: str, env: Mapping[str, str]) -> tuple[str, list[str]]:
    """The expanded text, and what could not be expanded: variables that are not set and have no default, and malformed
    references (with their `${`). These stay in the text as they are.

    A default also replaces an empty value, as in a shell. `$${VAR}` gives the text `${VAR}`. Values are not expanded again.
    """
    missing: list[str] = []

    def one(match: re.Match[str]) -> str:
        name, default, malformed = match[1], match[2], match[3]
        if malformed is not None:
            missing.append(malformed)
            return malformed
        if name is None:
            return "$"
        if default is not None:
            return env.get(name) or default
        if name not in env:
            missing.append(name)
            return match[0]
        return env[name]

    return _REFERENCE.sub(one, text), missing


def expand_or_raise(text: str, env: Mapping[str, str]) -> str:
    """The expanded text. Raises ConfigError with each variable that is not set and each malformed reference."""
    filled, missing = expand(text, env)
    if missing:
        raise ConfigError(describe_unset(missing))
    return filled


def describe_unset(missing: list[str]) -> list[str]:
    """A message for each reference that could not be expanded."""
    return [_malformed(m) if m.startswith("${") else
            f"environment variable {m} is not set; set it, or give a default: ${{{m}:-...}}" for m in dict.fromkeys(missing)]  # fmt: skip


def describe_malformed(text: str) -> list[str]:
    """A message for each malformed reference in the text."""
    return describe_unset([m[3] for m in _REFERENCE.finditer(text) if m[3]])


def _malformed(found: str) -> str:
    what = "is not a reference to a variable" if found.endswith("}") else "is not closed with }"
    return f'"{shorten(found, 40)}" {what}; write ${{NAME}} or ${{NAME:-default}}, or $${{ for a plain ${{'


def referenced_variables(text: str) -> list[str]:
    """The variables that the text refers to."""
    return [m[1] for m in _REFERENCE.finditer(text) if m[1]]
