"""Adaptive Cards, as Microsoft Teams shows them: https://adaptivecards.io/explorer."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal, Self, get_args

from truthound._internal.text import did_you_mean, shorten
from truthound.errors import ConfigError
from truthound.io.http_client import check_url

Version = Literal["1.2", "1.3", "1.4", "1.5"]
_BUTTONS = 6
_SIZES = ("auto", "stretch", "small", "medium", "large")
_TEXT: Mapping[str, tuple[str, ...] | type] = {
    "color": ("default", "dark", "light", "accent", "good", "warning", "attention"),
    "weight": ("default", "lighter", "bolder"),
    "size": ("default", "small", "medium", "large", "extraLarge"),
    "spacing": ("default", "none", "small", "medium", "large", "extraLarge", "padding"),
    "horizontalAlignment": ("left", "center", "right"),
    "fontType": ("default", "monospace"),
    "isSubtle": bool,
    "separator": bool,
    "wrap": bool,
    "maxLines": int,
}
_PERSON = re.compile(r"(?:\s*(?P<name>[^<>]*?)\s*<(?P<inner>[^<>]*)>|(?P<bare>[^<>]*))\s*")
_MAX_PERSON = 500  # characters of a name and a mail address, which has 320 at most
_ID = re.compile(r"[^\s@]+@[^\s@]+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\d+:\S+")
_MACRO = re.compile(r"\{\{(DATE|TIME)\(([^{}]*(?:\{\w+\}[^{}]*)*)\)\}\}")


def preserve_macros(text: str) -> str:
    """A card's text as a template that keeps the macros of cards, `{{DATE(...)}}` and `{{TIME(...)}}`.

    See https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features#date-and-time-formatting. Placeholders
    in a macro are rendered: `{{DATE({run_time}, SHORT)}}`.
    """
    return _MACRO.sub(r"{% raw %}{{\1({% endraw %}\2{% raw %})}}{% endraw %}", text)


class MessageTheme(StrEnum):
    """The colour of a card's header."""

    DEFAULT = "default"
    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    FAILURE = "failure"
    ERROR = "error"
    CRITICAL = "critical"

    @property
    def style(self) -> str:
        """The style's name in the schema of cards."""
        return _STYLES.get(self, "attention")


_STYLES = {
    MessageTheme.DEFAULT: "emphasis", MessageTheme.INFO: "accent", MessageTheme.SUCCESS: "good", MessageTheme.WARNING: "warning",
}  # fmt: skip


def parse_person(given: str) -> tuple[str, str]:
    """The name, which may be empty, and the id of a person; raises ConfigError for a text that names none.

    Teams does not show a card that mentions an unknown id, and reports no error.
    """
    match = _PERSON.fullmatch(given) if len(given) <= _MAX_PERSON else None
    name = (match["name"] or "").strip("\"'") if match else ""
    id_ = ((match["inner"] or match["bare"] or "") if match else "").strip()
    if "{" not in id_ and not _ID.fullmatch(id_):  # a placeholder is checked when it is rendered
        raise ConfigError(
            f'"{shorten(given, 100)}" is not a person: give a mail address, an Entra object id, or "Name <address>"'
        )
    return name, id_


class AdaptiveCardBuilder:
    """Builds a card; each method returns the builder. Texts may contain the Markdown of cards."""

    def __init__(self, version: Version | None = None) -> None:
        if version is not None:
            _one_of("the version of a card", version, get_args(Version))
        self._version = version
        self._body: list[dict[str, Any]] = []
        self._actions: list[dict[str, Any]] = []
        self._mentions: dict[str, dict[str, Any]] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AdaptiveCardBuilder) and self.build() == other.build()

    __hash__ = None  # type: ignore[assignment]  # it changes

    def copy(self) -> AdaptiveCardBuilder:
        """An independent copy."""
        return copy.deepcopy(self)

    def iter_text(self) -> Iterator[str]:
        """Every text on the card."""
        return _texts([self._body, self._actions, list(self._mentions.values())])

    def map_text(self, change: Callable[[str], str]) -> AdaptiveCardBuilder:
        """A copy with each text changed."""
        builder = AdaptiveCardBuilder(self._version)
        builder._body, builder._actions = _mapped(self._body, change), _mapped(self._actions, change)
        builder._mentions = {m["text"]: m for m in _mapped(list(self._mentions.values()), change)}
        return builder

    def add_header(self, text: str, subtitle: str = "") -> Self:
        """A title on a background in the theme's colour."""
        items = [_text(text, size="large", weight="bolder")]
        items += [_text(subtitle, isSubtle=True, spacing="none")] if subtitle else []
        return self._add({"type": "Container", "style": "emphasis", "bleed": True, "items": items})

    def add_text(self, text: str, **options: Any) -> Self:
        """A paragraph; options are those of a TextBlock, such as weight="bolder", color="attention" or isSubtle=True."""
        for option, value in options.items():
            if option not in _TEXT:
                raise ConfigError(
                    f'a text has no option "{option}"{did_you_mean(option, _TEXT) or "; it has " + ", ".join(_TEXT)}'
                )
            allowed = _TEXT[option]
            if isinstance(allowed, tuple):
                _one_of(option, value, allowed)
            elif type(value) is not allowed:
                raise ConfigError(
                    f"{option} is {value!r}: {'true or false' if allowed is bool else 'a number'} is required"
                )
        return self._add(_text(text, **options))

    def add_fact(self, title: str, value: Any) -> Self:
        """A name and a value; consecutive facts form one list."""
        if not self._body or self._body[-1]["type"] != "FactSet":
            self._add({"type": "FactSet", "facts": []})
        self._body[-1]["facts"].append({"title": str(title), "value": str(value)})
        return self

    def add_facts(self, facts: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> Self:
        """Several facts."""
        for title, value in facts.items() if isinstance(facts, Mapping) else facts:
            self.add_fact(title, value)
        return self

    def add_columns(self, columns: Iterable[str | Sequence[str]]) -> Self:
        """Columns side by side, each a text or a list of texts."""
        elements = []
        for column in columns:
            texts = [column] if isinstance(column, str) else column
            elements.append({"type": "Column", "width": "stretch", "items": [_text(t) for t in texts]})
        return self._add({"type": "ColumnSet", "columns": elements})

    def add_table(self, headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> Self:
        """A table with a header row."""
        lines = [list(headers), *map(list, rows)]
        if not headers or any(len(line) != len(headers) for line in lines):
            raise ConfigError(f"each row of a table must have as many cells as there are headers: {len(headers)}")
        table_rows = [
            {"type": "TableRow", "cells": [{"type": "TableCell", "items": [_text(str(c))]} for c in line]}
            for line in lines
        ]
        columns = [{"width": 1} for _ in headers]
        return self._add({"type": "Table", "firstRowAsHeader": True, "columns": columns, "rows": table_rows})

    def add_image(self, url: str, alt_text: str = "", size: str = "auto") -> Self:
        """A picture at a URL that Teams can load."""
        _one_of("the size of an image", size, _SIZES)
        _require_text(url=url)
        _check_url(url, "data:image/")
        return self._add({"type": "Image", "url": url, "altText": alt_text, "size": size})

    def add_mention(self, user: str, name: str = "", text: str = "") -> Self:
        """Notifies a person, who is given by mail address (user principal name) or Entra object id."""
        parsed_name, id_ = parse_person(user)
        mark = self.mention(id_, name or parsed_name)
        return self._add(_text(f"{text} {mark}" if text else mark))

    def mention(self, user: str, name: str = "") -> str:
        """A text that notifies a person wherever it is used on the card."""
        shown = "".join(c for c in (name or user) if c.isprintable() and c not in "<>").strip() or "?"
        mark = f"<at>{shown}</at>"
        existing = self._mentions.get(mark)
        if existing and existing["mentioned"]["id"] != user:  # two people have the same name
            return self.mention(user, f"{shown} ({user})")
        self._mentions[mark] = {"type": "mention", "text": mark, "mentioned": {"id": user, "name": shown}}
        return mark

    def add_action_button(self, title: str, url: str) -> Self:
        """A button that opens a page."""
        if len(self._actions) >= _BUTTONS:
            raise ConfigError(f"a card in Teams shows at most {_BUTTONS} buttons")
        _require_text(title=title, url=url)
        _check_url(url)
        self._actions.append({"type": "Action.OpenUrl", "title": title, "url": url})
        return self

    def build(self, theme: MessageTheme | None = None, version: Version | None = None) -> dict[str, Any]:
        """The card. Default version: the lowest that can show it."""
        body = copy.deepcopy(self._body)
        for element in body:
            if element["type"] == "Container" and theme is not None:
                element["style"] = theme.style
        table = any(e["type"] == "Table" for e in body)
        chosen = version or self._version
        if table and chosen not in (None, "1.5"):
            raise ConfigError(f"a table requires version 1.5 of cards; the version is {chosen}")
        card: dict[str, Any] = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": chosen or ("1.5" if table else "1.4"),
            "body": body,
        }
        if self._actions:
            card["actions"] = copy.deepcopy(self._actions)
        entities = copy.deepcopy(list(self._mentions.values()))
        card["msteams"] = {"width": "Full"} | ({"entities": entities} if entities else {})
        return card

    def _add(self, element: dict[str, Any]) -> Self:
        self._body.append(element)
        return self


def _text(text: Any, **options: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": "" if text is None else str(text), "wrap": True} | options


def _one_of(what: str, value: Any, allowed: Sequence[str]) -> None:
    if str(value).casefold() not in map(str.casefold, allowed):
        hint = did_you_mean(str(value), allowed) or f"; it is one of {', '.join(allowed)}"
        raise ConfigError(f'{what} cannot be "{value}"{hint}')


def _require_text(**texts: Any) -> None:
    """Raises ConfigError for an empty text, with which Teams does not show the card, and reports no error."""
    for name, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            raise ConfigError(f"the {name} is empty")


def _is_valid_url(url: str, *prefixes: str) -> bool:
    """Whether Teams can open it: an HTTP URL, or a URL with one of the prefixes."""
    return url.startswith(prefixes) or not check_url(url)


def _check_url(url: str, *prefixes: str) -> None:
    if "{" not in url and not _is_valid_url(url, *prefixes):  # a placeholder is checked when it is rendered
        raise ConfigError(f'the url "{shorten(url, 100)}" cannot be opened: it must begin with https:// (or http://)')


def remove_invalid_links(card: dict[str, Any]) -> int:
    """Removes buttons and pictures whose URLs did not render to valid ones, since Teams would not show the card; counts them."""
    body, buttons = card["body"], card.get("actions", [])
    card["body"] = [e for e in body if e["type"] != "Image" or _is_valid_url(e["url"], "data:image/")]
    if valid := [b for b in buttons if _is_valid_url(b["url"])]:
        card["actions"] = valid
    else:
        card.pop("actions", None)
    return len(body) - len(card["body"]) + len(buttons) - len(valid)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict() | list():
            for item in value.values() if isinstance(value, dict) else value:
                yield from _texts(item)


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    match value:
        case str():
            return change(value)
        case dict():
            return {k: _mapped(v, change) for k, v in value.items()}
        case list():
            return [_mapped(v, change) for v in value]
        case _:
            return value


__all__ = ["AdaptiveCardBuilder", "MessageTheme", "Version", "parse_person", "preserve_macros", "remove_invalid_links"]
