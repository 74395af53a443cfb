"""YAML for people: block style, with comments and literal commands; no text is read back as another type.

PyYAML's emitter is not used because it writes no comments, which explain a pipeline and carry the versions of pinned actions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_PLAIN = re.compile(r"""[A-Za-z/][\w ./@=+$()<>{}\[\]|;"',&*:~-]*""", re.ASCII)
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


@dataclass(frozen=True, slots=True)
class Commented:
    """A value with a comment above or after it."""

    comment: str
    value: Any
    behind: bool = False


def dump(document: Mapping[str, Any]) -> str:
    """The document, with blank lines between its parts. Texts of several lines are literal; others are quoted where needed."""
    lines: list[str] = []
    for key, value in document.items():
        made = list(_mapping({key: value}))
        lines += ["", *made] if lines and len(made) > 1 else made
    return "\n".join(lines) + "\n"


def scalar(value: Any) -> str:
    """A value on one line."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case str():
            plain = _PLAIN.fullmatch(value) and ": " not in value and not value.endswith((":", " "))
            if plain and value.lower() not in _WORDS:
                return value
            return "'" + value.replace("'", "''") + "'"
        case _:
            raise TypeError(value)


def _mapping(mapping: Mapping[str, Any]) -> Iterator[str]:
    for key, given in mapping.items():
        name = "on" if key == "on" else scalar(key)  # GitHub's own key; its YAML has no such boolean
        yield from _comment_lines(given)
        value = given.value if isinstance(given, Commented) else given
        match value:
            case Mapping() | list() if value:
                yield f"{name}:"
                yield from _indented(_node(value))
            case Mapping():
                yield f"{name}: {{}}"
            case str() if "\n" in value:
                yield f"{name}: |"
                yield from _indented(value.rstrip("\n").split("\n"))
            case None:
                yield f"{name}:"
            case _:
                behind = f" # {given.comment}" if isinstance(given, Commented) and given.behind else ""
                yield f"{name}: {scalar(value)}{behind}"


def _node(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from _mapping(value)
        return
    for given in value:
        yield from _comment_lines(given)
        item = given.value if isinstance(given, Commented) else given
        if isinstance(item, Mapping):
            first, *rest = _mapping(item)
            yield f"- {first}"
            yield from _indented(rest)
        elif isinstance(item, str) and "\n" in item:
            yield "- |"
            yield from _indented(item.rstrip("\n").split("\n"))
        else:
            yield f"- {scalar(item)}"


def _comment_lines(given: Any) -> Iterator[str]:
    if isinstance(given, Commented) and not given.behind:
        yield from (f"# {line}" for line in given.comment.split("\n"))


def _indented(lines: Any) -> Iterator[str]:
    return (f"  {line}" if line else "" for line in lines)
