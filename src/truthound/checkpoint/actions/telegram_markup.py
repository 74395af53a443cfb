"""Values within a text in Telegram's markup, each escaped for its context.

https://core.telegram.org/bots/api#formatting-options
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

from truthound._internal.escape import escape_terminal
from truthound.checkpoint.actions.message_template import render_text

ParseMode = Literal["Markdown", "MarkdownV2", "HTML"]
_PLACEHOLDER = re.compile("\ue000(\\d+)\ue001")  # marks the place of a value until it is escaped
_MARKS: Mapping[ParseMode, tuple[str, ...]] = {
    "Markdown": ("```", "`", "*", "_", "["),
    "MarkdownV2": ("```", "`", "["),  # the other marks do not change how values are escaped
}
_V2_SPECIAL = re.compile(r"([\\_*\[\]()~`>#+\-=|{}.!])")
_V2_CODE_SPECIAL = re.compile(r"([\\`])")


def render(template: str, values: Mapping[str, Any], mode: ParseMode) -> tuple[str, str]:
    """The text with its marks, and the text as it is read."""
    placed: list[str] = []

    def place(value: str) -> str:
        placed.append(plain_value(value))
        return f"\ue000{len(placed) - 1}\ue001"

    text = render_text(re.sub("[\ue000\ue001]", "", template), values, place)
    visible = _PLACEHOLDER.sub(lambda match: placed[int(match[1])], text)
    if mode == "HTML":
        marked_up = _PLACEHOLDER.sub(lambda match: html.escape(placed[int(match[1])]), text)
        return marked_up, visible_html(marked_up)
    scanner = _MarkdownScanner(mode)
    pieces, start = list[str](), 0
    for match in _PLACEHOLDER.finditer(text):
        pieces.append(text[start : match.start()])
        scanner.read(pieces[-1])
        pieces.append(scanner.escape(placed[int(match[1])]))
        start = match.end()
    return "".join([*pieces, text[start:]]), visible


def plain_value(value: object) -> str:
    """A value in which mentions are neutralized, and which cannot be mistaken for a placeholder."""
    return re.sub("[\ue000\ue001]", "\ufffd", escape_terminal(value).replace("@", "@\u200b"))


def visible_html(text: str) -> str:
    """The visible text of HTML."""
    return html.unescape(re.sub(r"<[^>]*>", "", text))


class _MarkdownScanner:
    """Reads a Markdown template piece by piece and knows which mark is open."""

    def __init__(self, mode: ParseMode) -> None:
        self._marks, self._v2, self._open = _MARKS[mode], mode == "MarkdownV2", ""

    def read(self, text: str) -> None:
        """Reads a piece of the template."""
        i = 0
        while i < len(text):
            if text[i] == "\\" and (self._v2 or not self._open):
                i += 2
            elif not self._open:
                self._open = next((mark for mark in self._marks if text.startswith(mark, i)), "")
                i += len(self._open) or 1
            elif self._open == "[":
                is_link = text.startswith("](", i)
                self._open = "(" if is_link else "" if text[i] == "]" else "["
                i += 1 + is_link
            else:
                end = ")" if self._open == "(" else self._open
                closes = text.startswith(end, i)
                self._open = "" if closes else self._open
                i += len(end) if closes else 1

    def escape(self, value: str) -> str:
        """A value escaped for the open mark."""
        if self._open == "(":
            url = value.replace("\u200b", "")
            return re.sub(r"([\\)])", r"\\\1", url) if self._v2 else quote(url, safe=":/?#@!$&*+,;=%-._~[]'")
        if self._v2:
            return (_V2_CODE_SPECIAL if self._open in ("`", "```") else _V2_SPECIAL).sub(r"\\\1", value)
        if self._open == "[":
            return value.replace("]", "\uff3d")  # nothing can be escaped within a link's text
        if self._open == "```":
            return value.replace("`", "`\u200b")
        if self._open:  # a character that would close the mark is written outside of it
            return value.replace(self._open, f"{self._open}\\{self._open}{self._open}")
        escaped = re.sub(r"([_*`\[])", r"\\\1", value)
        return f"{escaped}\u200b" if escaped.endswith("\\") else escaped
