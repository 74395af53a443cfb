"""`${VAR}` and `${VAR:-default}` in text, filled in from the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from truthound._internal.text import MASK, redact, shorten
from truthound.errors import ConfigError

_REFERENCE = re.compile(r"\$\$(?=\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|(\$\{[^}]*\}?)")
_SECRET_WORD = re.compile(
    r"pass|passphrases?|pwd|pat|keys?|o?auth|authorization|credentials?|creds|private|webhooks?|dsn|cert|certificate|sig|signature|sessions?"
    r"|cookies?|(?:db|pg|my|mysql|sql|user|smtp|ftp|ldap)pass|(?:api|access|account|private|secret|signing|ssh|ssl|storage)keys?"
    r"|[a-z]*(?:secrets?|tokens?|passwords?|passwd)"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PLAIN = re.compile(r"(?i)(xdg|dbus|desktop|term)_.*|.*_(file|dir|path|sock|type|session)")
"""variables of a desktop or with the place of a file, whose names sound like secrets"""
_ASSIGNED = re.compile(
    r"(?i)\b([\w.-]*(?:passw(?:or)?d|passphrase|pwd|secret|token|credentials?|(?:api|access|private)[_-]?key)[\w.-]*[\"']?\s*"
    r"(?:=|:(?=\s*[\"']))\s*)(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\s,;&)\]}]+)"
)
"""a value that is quoted with its telling name: `password='x'`, `"api_key": "x"`"""
SHORTEST = 4
"""characters that a secret has at least: to hide all places of a shorter text would hide nothing but the sense"""


def expand(text: str, env: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text filled in, and what could not be: variables that are not set and have no default, and what looks like
    a reference but is none, with its `${`. Their places stay as they are.

    A default stands in for an empty variable too, as in a shell. `$${VAR}` gives the text `${VAR}`. What a variable
    holds is not expanded again.
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


def expanded(text: str, env: Mapping[str, str]) -> str:
    """The text filled in; raises ConfigError naming each variable that is not set, and what is no reference."""
    filled, missing = expand(text, env)
    if missing:
        raise ConfigError(unset(missing))
    return filled


def unset(missing: list[str]) -> list[str]:
    """A sentence for each thing that could not be filled in."""
    return [_malformed(m) if m.startswith("${") else
            f"environment variable {m} is not set; set it, or give a default: ${{{m}:-...}}" for m in dict.fromkeys(missing)]  # fmt: skip


def malformed(text: str) -> list[str]:
    """A sentence for each part of the text that looks like a reference to a variable but is none."""
    return unset([m[3] for m in _REFERENCE.finditer(text) if m[3]])


def _malformed(found: str) -> str:
    what = "is no reference to a variable" if found.endswith("}") else "is not closed with }"
    return f'"{shorten(found, 40)}" {what}; write ${{NAME}} or ${{NAME:-default}}, or $${{ for a plain ${{'


def names(text: str) -> list[str]:
    """The variables that the text refers to."""
    return [m[1] for m in _REFERENCE.finditer(text) if m[1]]


def is_secret(name: str) -> bool:
    """Whether a variable of this name most likely holds something not to be shown: one of its words says so, as in
    `DB_PASSWORD`, `apiKey` and `x-auth-token`, but not in `AUTHOR`, nor in `PWD`, a shell's current folder.
    """
    return name != "PWD" and any(_SECRET_WORD.fullmatch(word.lower()) for word in _WORD.findall(name))


def secrets(env: Mapping[str, str]) -> set[str]:
    """What the variables whose names mark them as secret hold: what code that is not ours may know, and repeat."""
    return {v for n, v in env.items() if len(v) >= SHORTEST and is_secret(n) and not _PLAIN.fullmatch(n)}


def describe_exception(error: BaseException) -> str:
    """`ValueError: what it says`, also of an error of the user's own that cannot say it, without the secrets of the
    environment and values that it quotes with a name that marks them as secret.
    """
    try:
        said = str(error)
    except Exception:  # noqa: BLE001 its `__str__` is the user's own, too
        said = ""
    return f"{type(error).__name__}: {unassigned(redact(said, secrets(os.environ)))}".removesuffix(": ")


def unassigned(text: str) -> str:
    """Text without the values that it gives to telling names."""
    return _ASSIGNED.sub(rf"\g<1>{MASK}", text)
