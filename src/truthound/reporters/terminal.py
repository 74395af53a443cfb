"""Text for terminals, laid out by rich: signs, values, and pages of lines, tables and hanging paragraphs.

Text is always `rich.text.Text`, never markup: no data can carry a style.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from truthound._internal.escape import escape_terminal
from truthound._internal.redaction import MASK

Span = tuple[str, str]
"""Text that is escaped for terminals, and its style."""

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
_GAP = 2
_READABLE = 12  # cells that a column of names needs
_UNBROKEN = "\ue000"  # a space where rich, which breaks lines at all that Unicode has, must not break one


@dataclass(frozen=True, slots=True)
class Look:
    """The width of a page, and whether it has colours and symbols or is plain ASCII."""

    width: int = 120
    colour: bool = False

    def render(self, parts: Iterable[RenderableType]) -> str:
        """The parts, one below another, as a string that ends in a newline."""
        out = io.StringIO()
        console = Console(
            file=out, width=self.width, force_terminal=self.colour, color_system="standard" if self.colour else None,
            highlight=False, markup=False, emoji=False, legacy_windows=False, _environ={},
        )  # fmt: skip
        for part in parts:
            console.print(part)
        return "".join(f"{row.rstrip()}\n" for row in out.getvalue().replace(_UNBROKEN, " ").split("\n")[:-1])

    def sign(self, name: str) -> str:
        return _SIGNS[name][not self.colour]

    def message(self, text: object) -> str:
        """A message as escaped text on one line; in plain ASCII its own symbols are replaced too."""
        return escape_terminal(" ".join(str(text).split("\n"))).translate({} if self.colour else _PLAIN)

    def fit(self, text: str, width: int) -> str:
        """The text, truncated to `width` cells with a mark."""
        if cell_len(text) <= width:
            return text
        mark = self.sign("cut")
        return set_cell_size(text, max(width - len(mark), 0)).rstrip(" ") + mark[: max(width, 0)]

    def fit_name(self, text: str, width: int) -> str:
        """A name truncated in its middle, so that names with the same beginning stay distinct."""
        room = width - len(self.sign("cut"))
        if cell_len(text) <= width or room < 4:
            return self.fit(text, width)
        end = set_cell_size(text[::-1], room // 2)[::-1].lstrip(" ")
        return set_cell_size(text, room - cell_len(end)).rstrip(" ") + self.sign("cut") + end

    def value(self, value: object, width: int = 32) -> str:
        """A cell of data; text that could be mistaken for something else is quoted."""
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
        """A bar for each ratio, relative to the largest: none for 0, a gap for None. Empty in plain ASCII."""
        most = max((r for r in ratios if r is not None), default=0)
        if not self.colour or len(ratios) < 2 or not most:
            return ""
        known = (" " if r is None else _BARS[max(1, round(r / most * (len(_BARS) - 1))) if r else 0] for r in ratios)
        return "".join(known)

    def title(self, name: str, facts: Iterable[str]) -> RenderableType:
        """A bold name with facts beside it, or below a name that is long."""
        text = joined([[(unbroken(fact), "")] for fact in facts], f" {self.sign('dot')} ")
        if cell_len(name) <= self.width // 3:
            return hanging([(name, "bold"), ("  ", "")], text)
        return Group(Text(name, "bold"), hanging([("  ", "")], text))

    def table(self, rows: Sequence[Sequence[Span]], *, indent: int = 0, whole: Sequence[int] = ()) -> RenderableType:
        """Rows of aligned columns, or paragraphs where there is no room for columns.

        Only the last column wraps. Names in the others are truncated, except in the columns `whole`, which hold numbers.
        """
        if not rows:
            return Group()
        *sizes, last = (max(cell_len(row[i][0]) for row in rows) for i in range(len(rows[0])))
        names = [size for i, size in enumerate(sizes) if i not in whole]
        room = self.width - indent - _GAP * len(sizes) - sum(sizes[i] for i in whole if i < len(sizes))
        share = _fair_share(names, room - (last if len(sizes) in whole else min(last, max(room // 3, 2 * _READABLE))))
        if share < min(_READABLE, max(names, default=0)) or room < _READABLE:
            return Group(*(self._paragraph(row, indent) for row in rows))
        grid = Table.grid(padding=(0, _GAP, 0, 0))
        for _ in sizes:
            grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for row in rows:
            texts = [t if i in whole or i == len(sizes) else self.fit_name(t, share) for i, (t, _) in enumerate(row)]
            grid.add_row(*(Text(text, style) for text, (_, style) in zip(texts, row, strict=True)))
        return indented(grid, indent)

    def _paragraph(self, row: Sequence[Span], indent: int) -> RenderableType:
        (name, style), *others = row
        rest = joined([[span] for span in others if span[0].strip()], " " * _GAP)
        if cell_len(name) <= 2:  # a sign
            return indented(hanging([(name + " " * _GAP, style)], rest), indent)
        first = Text(self.fit_name(name, self.width - indent), style)
        return indented(Group(first, hanging([(" " * _GAP, "")], rest)) if rest else first, indent)


def _fair_share(sizes: Iterable[int], room: int) -> int:
    """The most cells that each column may take, so that all together take no more than `room`."""
    ordered = sorted(sizes)
    for i, size in enumerate(ordered):
        if size * (len(ordered) - i) > room:
            return max(room // (len(ordered) - i), 0)
        room -= size
    return ordered[-1] if ordered else 0


def line(*spans: Span) -> Text:
    return Text.assemble(*spans)


def joined(parts: Iterable[Sequence[Span]], gap: str) -> Text:
    """The parts beside one another, with a dim gap between them."""
    text = Text()
    for part in parts:
        text.append(gap if text else "", "dim").append_text(line(*part))
    return text


def unbroken(text: str) -> str:
    """A short text that stays on one line."""
    return text.replace(" ", _UNBROKEN) if cell_len(text) <= 2 * _READABLE else text


def hanging(label: Sequence[Span], text: Text) -> RenderableType:
    """Text that wraps beside its label."""
    grid = Table.grid()
    grid.add_column(no_wrap=True, width=cell_len("".join(t for t, _ in label)))
    grid.add_column(overflow="fold")
    grid.add_row(line(*label), text)
    return grid


def indented(part: RenderableType, cells: int) -> RenderableType:
    return Padding(part, (0, 0, 0, cells), expand=False) if cells else part


def wrapped(text: str, width: int) -> list[str]:
    """The lines of text that is broken between words, or within a word that is too long."""
    console = Console(file=io.StringIO(), width=max(width, 4), legacy_windows=False, _environ={})
    return [one.plain.rstrip(" ") for one in Text(text).wrap(console, max(width, 4), overflow="fold")]
