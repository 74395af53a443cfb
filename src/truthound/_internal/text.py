"""Text for people: numbers, truncation, suggestions, and one escaping function for each place text goes to."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from truthound._internal.extended_time import Extended

MISSING = "∅"
MASK = "•••"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_UNHELD = re.compile(r"[\ud800-\udfff\ufffe\uffff]")
_URL_PASSWORD = re.compile(r"(?<=://)([^/:\s@]*):[^/\s]*@")
_QUERY_SECRET = re.compile(
    r"(?i)([?&;][\w.-]*(?:token|key|secret|passw(?:or)?d|pwd|signature|sig|credential)[\w.-]*=)[^&;\s'\"]+"
)
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


def terminal(value: object) -> str:
    """Text that cannot move the cursor, change colours, hide or reorder characters on a terminal."""
    return _CONTROL.sub(lambda m: repr(m[0])[1:-1] if ord(m[0]) < 128 else f"\\u{ord(m[0]):04x}", str(value))


def escape_log(text: object) -> str:
    """Text that is no command to any CI system that reads it in a log, and that a terminal shows as it is."""
    return neutralize_ci_commands(terminal(text))


def neutralize_ci_commands(text: str) -> str:
    """Lines in which no CI system finds a command; nothing else is changed."""
    for pattern, instead in _COMMANDS:
        text = pattern.sub(instead, text)
    return text


def escape_xml(value: object) -> str:
    """`terminal`'s text without what UTF-8 or XML 1.0 cannot hold: halves of surrogate pairs, U+FFFE, U+FFFF."""
    return _UNHELD.sub(lambda m: f"\\u{ord(m[0]):04x}", terminal(value))


def markdown(value: object) -> str:
    """Text that stays text in Markdown and in a cell of a Markdown table."""
    return _MARKDOWN.sub(r"\\\1", terminal(value)).replace("&", "&amp;").replace("\\&amp;", "&amp;")


def slack(value: object) -> str:
    """Text that stays text in Slack's mrkdwn: no mention, no link, no block of code."""
    return _unfenced(_entities(value))


def _entities(value: object) -> str:
    return terminal(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unfenced(text: str) -> str:
    """Text that opens no block of code: the rest of a message would be shown in it. Where no character escapes a
    backtick, one of no width keeps them apart.
    """
    return text.replace("``", "`\u200b`").replace("``", "`\u200b`")


def mattermost(value: object) -> str:
    """Text that stays text in Mattermost's Markdown: no mention, no channel, no hashtag."""
    return markdown(value).replace("@", "@\u200b")


def card(value: object) -> str:
    """Text that stays text on an Adaptive Card: no Markdown, no mention, no date to be filled in."""
    kept = _CARD.sub(r"\\\1", terminal(value))
    kept = re.sub(r"<(?=[/\w])|&(?=#?\w+;)|\{(?=\{)", "\\g<0>\u200b", kept)
    return re.sub(r"^(\s*)([-+](?=\s)|\d+(?=[.)]\s))", "\\1\u200b\\2", kept)


def alert(value: object) -> str:
    """Text that stays text in an alert's fields, which may be shown as HTML or as plain text."""
    return re.sub(r"<(?=[/!?A-Za-z])", "<\u200b", terminal(value))


def discord(value: object) -> str:
    """Text that stays text in Discord's Markdown: no mention, no link, no timestamp."""
    return _DISCORD.sub(r"\\\1", terminal(value)).replace("@", "@\u200b")


def telegram(value: object) -> str:
    """Text that stays text in Telegram's HTML, and mentions nobody."""
    return _entities(value).replace('"', "&quot;").replace("@", "@\u200b")


def neutralize_mentions(value: object) -> str:
    """Plain text in which a chat service finds nobody to mention and no block of code, whatever its marks for that are."""
    return _unfenced(_MENTION.sub("\\g<0>\u200b", terminal(value)))


def first_line(error: BaseException) -> str:
    """An engine's or driver's words on one line, without the query plan that may follow them."""
    text = str(error).partition("\n\nResolved plan")[0].partition("\n\nThis error occurred")[0]
    return " ".join(text.split()) or type(error).__name__


def shorten(text: str, width: int) -> str:
    """At most `width` characters; what was cut is marked with an ellipsis."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def utf16(text: str) -> int:
    """How long a text is where characters outside the basic plane count twice, as chat services have it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut_utf16(text: str, width: int) -> str:
    """`shorten` by that length."""
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * width:
        return text
    kept = units[: 2 * max(width - 1, 0)]
    if kept and 0xD8 <= kept[-1] <= 0xDB:  # the first half of a character
        kept = kept[:-2]
    return kept.decode("utf-16-le", "surrogatepass") + "…"


def clip(text: str, width: int) -> str:
    """`cut_utf16` for what is escaped already: the cut goes through no backslash's pair and no `&amp;`."""
    if utf16(text) <= width:
        return text
    kept = re.sub(r"&#?\w{0,8}$", "", cut_utf16(text, width).removesuffix("…"))
    if (len(kept) - len(kept.rstrip("\\"))) % 2:
        kept = kept[:-1]
    return f"{kept}…"


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Text without these secrets, however it writes them (see `_written`), passwords in URLs and tokens in query strings."""
    for secret in sorted({s for s in secrets if s}, key=len, reverse=True):
        text = _written(secret).sub(MASK, text)
    return _QUERY_SECRET.sub(rf"\g<1>{MASK}", _URL_PASSWORD.sub(rf"\g<1>:{MASK}@", text))


@lru_cache(maxsize=512)
def _written(secret: str) -> re.Pattern[str]:
    """A secret as it is, or quoted for a URL, a form, JSON (once or more), HTML or Markdown; or in base64, alone or amid
    other text.
    """
    quoted = "".join(map(_character, re.findall(r"\\+|[^\\]", secret, re.DOTALL)))
    return re.compile("|".join((quoted, *_in_base64(secret.encode("utf-8", "replace")))))


def _character(char: str) -> str:
    """A pattern for the ways in which a character, or a run of backslashes, is written."""
    if char.isascii() and char.isalnum():
        return char
    import html

    units = char.encode("utf-16-be", "surrogatepass").hex()
    forms = [
        rf"\\{{{len(char)},}}" if char[0] == "\\" else rf"\\*{re.escape(char)}",
        re.escape(html.escape(char)),
        "".join(f"%{byte:02x}" for byte in char.encode("utf-8", "surrogatepass")),
        "".join(rf"\\+u{units[i : i + 4]}" for i in range(0, len(units), 4)),
    ]
    forms += [rf"&\#(?:0*{ord(char)}|x0*{ord(char):x});"] if len(char) == 1 else []
    forms += [rf"\\+{short}"] if (short := json.dumps(char)[2:-1]) in ("n", "r", "t", "b", "f") else []
    forms += [r"\+"] if char == " " else []
    return f"(?i:{'|'.join(forms)})"


def _in_base64(raw: bytes) -> Iterator[str]:
    """Patterns for the bytes within base64: what they alone decide, for each place they may have in a group of three."""
    for before in range(3):
        coded = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
        whole = coded[(0, 2, 3)[before] : len(coded) - ((before + len(raw)) % 3 > 0)]
        if len(whole) >= 6:  # what is shorter is found in innocent text
            told = re.escape(whole).replace("/", "[/_]").replace(r"\+", "[+-]")
            yield rf"{told}[\w+/-]?={{0,2}}"


def percent(part: float, whole: float) -> str:
    """A percentage with two decimals that never rounds something to nothing, or nearly all to all."""
    if not whole:
        return "0%"
    ratio = part / whole * 100
    if ratio in (0, 100):
        return f"{ratio:.0f}%"
    if ratio < 0.01:
        return "<0.01%"
    if ratio > 99.99:
        return ">99.99%"
    return f"{ratio:.2f}%"


def number(value: object) -> str:
    """A number as people read it: thousands separated, six significant digits for fractions."""
    match value:
        case bool():
            return str(value).lower()
        case int():
            return f"{value:,}"
        case float() if not math.isfinite(value):
            return str(value)
        case float():
            return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:,.6g}"
        case None:
            return MISSING
        case _:
            return str(value)


def plural(count: int, noun: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def join_words(words: tuple[str, ...], last: str) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def hint_columns(columns: Iterable[str]) -> str:
    """`; there are a, b, c`."""
    names = ", ".join(columns)
    return f"; there are {shorten(names, 200)}" if names else "; the table has none"


def cell(value: object, width: int = 40) -> str:
    """A cell of data as one short, harmless word or phrase."""
    if value is None:
        return MISSING
    text = value if isinstance(value, str) else str(value)
    return shorten(terminal(text), width) if text else '""'


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?`, or an empty string when nothing is near. Where no spelling is, the words that begin with it are."""
    import difflib

    known = list(known)
    folded = {k.casefold(): k for k in reversed(known)}
    near = difflib.get_close_matches(word.casefold(), folded, 1, cutoff=0.6)
    if not near and len(word) > 2:  # `min` for `min_value`, `sep` for `separator`
        near = [k for k in folded if k.startswith(word.casefold())][-3:][::-1]
    return "; did you mean " + " or ".join(f'"{folded[k]}"' for k in near) + "?" if near else ""


def to_json_value(value: Any, width: int = 1000) -> Any:
    """A value that JSON can hold and give back unchanged: what results keep of a cell or a statistic."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else ("NaN" if math.isnan(value) else f"{'-' * (value < 0)}Infinity")
        case str():
            return shorten(value, width)
        case bytes():
            return shorten("0x" + value.hex(), width)
        case datetime() | date() | time() | Extended():
            return value.isoformat()
        case timedelta() | Decimal():
            return str(value)
        case dict():
            return {str(k): to_json_value(v, width) for k, v in value.items()}
        case list() | tuple() | set() | frozenset():
            return [to_json_value(v, width) for v in list(value)[:100]]
        case _:
            return shorten(str(value), width)


def duration(seconds: float) -> str:
    """`0.21 s`, `2 min 5 s`, `3 h 2 min`, `4 d 3 h`."""
    seconds = abs(seconds)
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"
    whole = round(seconds)
    for name, size, below, small in (("min", 60, "s", 1), ("h", 3600, "min", 60), ("d", 86400, "h", 3600)):
        if whole < size * (60 if name == "min" else 24) or name == "d":
            major, rest = divmod(whole, size)
            return f"{major} {name}" + (f" {rest // small} {below}" if rest // small else "")
    raise AssertionError  # the last row takes everything


def yaml_line(value: Any) -> str:
    """A value as YAML on one line, quoted where YAML would read it as something else, with nothing hidden in it."""
    import yaml

    match value:
        case dict():
            return "{" + ", ".join(f"{yaml_line(k)}: {yaml_line(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(yaml_line, value)) + "]"
    hidden = isinstance(value, str) and terminal(value) != value
    style: dict[str, Any] = {"default_style": '"'} if hidden else {"allow_unicode": True}
    dumped: str = yaml.safe_dump([value], default_flow_style=True, width=10**9, **style)
    return dumped.strip()[1:-1]
