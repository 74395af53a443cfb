"""`${VAR}` and `${VAR:-default}` in text, filled in from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping

from truthound.errors import ConfigError

_REFERENCE = re.compile(r"\$\$(?=\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_SECRET_NAME = re.compile(r"(?i)pass|pwd|secret|token|key|credential|auth|private|webhook|dsn|cert|session|cookie")


def expand(text: str, env: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text filled in, and the variables that are not set and have no default (their places stay as they are).

    A default stands in for an empty variable too, as in a shell. `$${VAR}` gives the text `${VAR}`. What a variable
    holds is not expanded again.
    """
    missing: list[str] = []

    def one(match: re.Match[str]) -> str:
        name, default = match[1], match[2]
        if name is None:
            return "$"
        if default is not None:
            return env.get(name) or default
        if name not in env:
            missing.append(name)
            return match[0]
        return env[name]

    return _REFERENCE.sub(one, text), missing


def expanded(text: str, env: Mapping[str, str]) -> str:
    """The text filled in; raises ConfigError naming each variable that is not set."""
    filled, missing = expand(text, env)
    if missing:
        raise ConfigError(unset(missing))
    return filled


def unset(names: list[str]) -> list[str]:
    """A sentence for each variable that is not set."""
    return [
        f"environment variable {n} is not set; set it, or give a default: ${{{n}:-...}}" for n in dict.fromkeys(names)
    ]


def names(text: str) -> list[str]:
    """The variables that the text refers to."""
    return [m[1] for m in _REFERENCE.finditer(text) if m[1]]


def is_secret(name: str) -> bool:
    """Whether a variable of this name most likely holds something not to be shown."""
    return bool(_SECRET_NAME.search(name))
