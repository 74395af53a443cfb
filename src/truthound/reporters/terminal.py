"""Lines of styled text: measured in terminal cells, cut with a mark, coloured last, so that no data can carry a style."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from truthound._internal.escape import escape_terminal
from truthound._internal.redaction import MASK

Span = tuple[str, str]
"""Text that is harmless already, and the names of its styles."""

_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}
_SIGNS = {
    "failed": ("✗", "x"),
    "warned": ("!", "!"),
    "error": ("‼", "!!"),
    "passed": ("✓", "+"),
    "skipped": ("–", "-"),  # noqa: RUF001 a dash of its own width
    "cut": ("…", "..."),
    "dot": ("·", "-"),
    "times": ("×", "x"),  # noqa: RUF001 the sign is meant
    "null": ("∅", "null"),
    "mask": (MASK, "***"),
}
_PLAIN = str.maketrans({"…": "...", "∅": "null", "•": "*", "×": "x", "·": "-", "–": "-"})  # noqa: RUF001 the signs are meant
_BARS = "▁▂▃▄▅▆▇"


@dataclass(frozen=True, slots=True)
class Look:
    """How wide, and whether with colours and symbols or in plain ASCII."""

    width: int = 120
    colour: bool = False

    def sign(self, name: str) -> str:
        return _SIGNS[name][not self.colour]

    def said(self, text: object) -> str:
        """A message as harmless text on one line; in plain text our own symbols, such as those for what is cut, are ASCII too."""
        return escape_terminal(" ".join(str(text).split("\n"))).translate({} if self.colour else _PLAIN)

    def paint(self, spans: Iterable[Span]) -> str:
        """One line: cut where it would be too wide, styled where colour is wanted."""
        cut, out = self.cut(list(spans)), []
        for text, style in cut:
            codes = ";".join(_CODES[s] for s in style.split()) if self.colour else ""
            out.append(f"\x1b[{codes}m{text}\x1b[0m" if codes and text.strip() else text)
        return "".join(out).rstrip(" ")

    def cut(self, spans: list[Span]) -> list[Span]:
        """The spans, never wider than the line."""
        left, kept = self.width, []
        for text, style in spans:
            if (size := cells(text)) > left and text.strip():
                kept.append((self.fit(text, left), style))
                break
            kept.append((text, style))
            left -= size
        return kept

    def fit(self, text: str, width: int) -> str:
        """At most `width` cells; what was cut is marked."""
        if cells(text) <= width:
            return text
        mark = self.sign("cut")
        return head(text, max(width - len(mark), 0)) + mark[: max(width, 0)]

    def fit_name(self, text: str, width: int) -> str:
        """A name cut in its middle: names that share their beginning stay apart."""
        if cells(text) <= width:
            return text
        room = width - len(self.sign("cut"))
        if room < 4:
            return self.fit(text, width)
        tail = head(text[::-1], room // 2)[::-1]
        return head(text, room - cells(tail)) + self.sign("cut") + tail

    def value(self, value: object, width: int = 32) -> str:
        """A cell of data; text that could be taken for something else is quoted."""
        match value:
            case None:
                return self.sign("null")
            case bool():
                return str(value).lower()
            case str() if value == MASK:
                return self.sign("mask")
            case str() if value != value.strip() or value in {"", "null", self.sign("null")}:
                return self.fit(f'"{escape_terminal(value)}"', width)
            case _:
                return self.fit(escape_terminal(value), width)

    def spark(self, ratios: Sequence[float | None]) -> str:
        """Bars against the largest; only nothing is drawn as nothing, and what is not known as a gap. Empty without symbols."""
        most = max((r for r in ratios if r is not None), default=0)
        if not self.colour or len(ratios) < 2 or not most:
            return ""
        known = (" " if r is None else _BARS[max(1, round(r / most * (len(_BARS) - 1))) if r else 0] for r in ratios)
        return "".join(known)

    def flow(self, label: Sequence[Span], parts: Iterable[Sequence[Span]], gap: str) -> list[list[Span]]:
        """Parts side by side behind a label, as many in a line as there is room for; a long part is folded."""
        indent = sum(cells(t) for t, _ in label)
        lines: list[list[Span]] = [list(label)]
        used = indent
        for part in parts:
            size = sum(cells(t) for t, _ in part)
            if used > indent and used + cells(gap) + size > self.width:
                lines.append([(" " * indent, "")])
                used = indent
            if used > indent:
                lines[-1].append((gap, "dim"))
                used += cells(gap)
            if indent + size <= self.width:
                lines[-1] += part
                used += size
                continue
            for i, text in enumerate(fold("".join(t for t, _ in part), self.width - indent)):
                if i:
                    lines.append([(" " * indent, "")])
                lines[-1].append((text, part[-1][1]))
                used = indent + cells(text)
        return lines

    def titled(self, name: str, parts: Iterable[str], gap: str) -> list[list[Span]]:
        """Parts behind a name; a long name has lines of its own, and nothing of it is lost."""
        spans = [[(part, "")] for part in parts]
        if cells(name) <= self.width // 2:
            return self.flow([(name, "bold"), ("  ", "")], spans, gap)
        return [*([(line, "bold")] for line in fold(name, self.width)), *self.flow([("  ", "")], spans, gap)]


def cells(text: str) -> int:
    """How many columns of a terminal it takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def head(text: str, width: int) -> str:
    """As much of its beginning as goes into `width` cells."""
    if text.isascii():
        return text[:width]
    used = 0
    for i, char in enumerate(text):
        used += cells(char)
        if used > width:
            return text[:i]
    return text


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Filled with spaces to `width` cells."""
    space = " " * max(width - cells(text), 0)
    return space + text if right else text + space


def fold(text: str, width: int, most: int = 0) -> list[str]:
    """Broken into lines between words, or within one that is too long. `most`: lines at most, the last keeps the rest."""
    lines: list[str] = []
    width, rest = max(width, 4), text
    while cells(rest) > width and len(lines) + 1 != most:
        piece = head(rest, width)
        at = len(piece) if rest[len(piece) :].startswith(" ") else piece.rfind(" ")
        word = rest[at + 1 :].partition(" ")[0]
        at = at if at > len(piece) // 3 or (at > 0 and cells(word) <= width) else len(piece)
        lines.append(rest[:at].rstrip(" "))
        rest = rest[at:].lstrip(" ")
    return [*lines, rest] if rest or not lines else lines
