"""Escaping: one function for each place that text goes to, where it has to stay text."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_NOT_XML = re.compile(r"[\ud800-\udfff\ufffe\uffff]")
_COMMANDS = (
    (re.compile(r"##(?=\[|\w+\[)"), "# #"),  # Azure, TeamCity, GitHub's old form: anywhere in a line
    (re.compile(r"(?m)^([^\S\n]*):(?=:)"), r"\1: "),  # GitHub: first in a line
    (re.compile(r"travis_(?=fold:|time:)"), "travis _"),
    (
        re.compile(r"(?m)^((?:\x1b\[[\d;]*[mK])*)(?=(?:---|\+\+\+|~~~|\^\^\^)[ \t])"),
        r"\1 ",
    ),  # Buildkite: first in a line
)
_MENTION = re.compile(r"@|<(?=[!@#\w])")
_CARD = re.compile(r"([\\`*_\[\]#~|>])")
_DISCORD = re.compile(r"([\\`*_~|<>#\[\]]|:(?=//|\w+:)|^[+-])")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~&])")


def escape_terminal(value: object) -> str:
    """Text that cannot move the cursor, change colours, hide or reorder characters on a terminal."""
    return _CONTROL.sub(lambda m: repr(m[0])[1:-1] if ord(m[0]) < 128 else f"\\u{ord(m[0]):04x}", str(value))


def escape_log(text: object) -> str:
    """Text that no CI system takes for a command in a log, and that a terminal shows as it is."""
    return neutralize_ci_commands(escape_terminal(text))


def neutralize_ci_commands(text: str) -> str:
    """Text in which commands of CI systems are disabled; nothing else is changed."""
    for pattern, instead in _COMMANDS:
        text = pattern.sub(instead, text)
    return text


def escape_xml(value: object) -> str:
    """Terminal-safe text without characters that UTF-8 or XML 1.0 exclude: lone surrogates, U+FFFE, U+FFFF."""
    return _NOT_XML.sub(lambda m: f"\\u{ord(m[0]):04x}", escape_terminal(value))


def escape_markdown(value: object) -> str:
    """Text that stays text in Markdown and in a cell of a Markdown table."""
    return _MARKDOWN.sub(r"\\\1", escape_terminal(value)).replace("&", "&amp;").replace("\\&amp;", "&amp;")


def escape_slack(value: object) -> str:
    """Text that stays text in Slack's mrkdwn: no mention, no link, no block of code."""
    return _without_code_fences(_html_entities(value))


def _html_entities(value: object) -> str:
    return escape_terminal(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _without_code_fences(text: str) -> str:
    """Text that opens no code block. Where backticks cannot be escaped, a zero-width space separates them."""
    return text.replace("``", "`\u200b`").replace("``", "`\u200b`")


def escape_mattermost(value: object) -> str:
    """Text that stays text in Mattermost's Markdown: no mention, no channel, no hashtag."""
    return escape_markdown(value).replace("@", "@\u200b")


def escape_adaptive_card(value: object) -> str:
    """Text that stays text on an Adaptive Card: no Markdown, no mention, no date macro."""
    kept = _CARD.sub(r"\\\1", escape_terminal(value))
    kept = re.sub(r"<(?=[/\w])|&(?=#?\w+;)|\{(?=\{)", "\\g<0>\u200b", kept)
    return re.sub(r"^(\s*)([-+](?=\s)|\d+(?=[.)]\s))", "\\1\u200b\\2", kept)


def escape_alert(value: object) -> str:
    """Text that stays text in an alert's fields, which may be shown as HTML or as plain text."""
    return re.sub(r"<(?=[/!?A-Za-z])", "<\u200b", escape_terminal(value))


def escape_discord(value: object) -> str:
    """Text that stays text in Discord's Markdown: no mention, no link, no timestamp."""
    return _DISCORD.sub(r"\\\1", escape_terminal(value)).replace("@", "@\u200b")


def escape_telegram(value: object) -> str:
    """Text that stays text in Telegram's HTML, and mentions nobody."""
    return _html_entities(value).replace('"', "&quot;").replace("@", "@\u200b")


def neutralize_mentions(value: object) -> str:
    """Plain text without mentions and code blocks in the syntax of any chat service."""
    return _without_code_fences(_MENTION.sub("\\g<0>\u200b", escape_terminal(value)))
