"""A chart of a checkpoint's last runs: the share of checks that failed over time. Requires Pillow."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from truthound._internal.escape import escape_terminal
from truthound._internal.text import plural, shorten

WIDTH, HEIGHT = 1000, 520
_LEFT, _RIGHT, _TOP, _BOTTOM = 90, 60, 110, 90
COLORS = {"success": "#2e9e5b", "warning": "#e0a100", "failure": "#d83a3a", "error": "#7a4fbf"}
_LABELS = {"success": "passed", "warning": "warning", "failure": "failed", "error": "error"}
_INK, _FAINT, _GRID, _PAPER = "#1f2933", "#5b6770", "#e3e7ea", "#ffffff"
_FONTS = (
    "DejaVuSans.ttf",
    "LiberationSans-Regular.ttf",
    "NotoSansCJK-Regular.ttc",
    "Arial Unicode.ttf",
    "arial.ttf",
    "msgothic.ttc",
)
_STEPS = (0.01, 0.02, 0.04, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)


def png(runs: Sequence[tuple[datetime, str, float | None]], title: str) -> bytes:
    """The chart of runs, oldest first: their times, statuses and shares of checks that did not pass (0 to 1; None: unknown)."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(image)
    large, plain, small = (ImageFont.load_default(size=s) for s in (30, 20, 18))
    heading = shorten(escape_terminal(title), 50)
    draw.text((_LEFT - 60, 24), heading, font=_font_for(heading, large), fill=_INK)
    draw.text((_LEFT - 60, 66), f"Checks that did not pass, last {plural(len(runs), 'run')}", font=plain, fill=_FAINT)
    _legend(draw, {status for _, status, _ in runs}, plain)

    bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
    most = max((r for _, _, r in runs if r is not None), default=0.0)
    top = next((s for s in _STEPS if most <= s), 1.0)
    for i in range(5):
        y = bottom - (bottom - _TOP) * i / 4
        draw.line([(_LEFT, y), (right, y)], fill=_GRID, width=1)
        draw.text((_LEFT - 14, y), f"{top * i * 25:g}%", font=small, fill=_FAINT, anchor="rm")

    width = (right - _LEFT) / max(len(runs), 1)
    centers = [_LEFT + width * (i + 0.5) for i in range(len(runs))]
    thick = min(width * 0.7, 60)
    for x, (_, status, ratio) in zip(centers, runs, strict=True):
        color = COLORS.get(status, _FAINT)
        height = max((ratio or 0.0) / top * (bottom - _TOP), 5)  # a run without failures has a bar too
        if ratio is None:
            draw.text((x, bottom - 6), "?", font=plain, fill=color, anchor="mb")
            continue
        draw.rectangle([x - thick / 2, bottom - height, x + thick / 2, bottom], fill=color)
    draw.line([(_LEFT, bottom), (right, bottom)], fill=_FAINT, width=2)
    _times(draw, [t for t, _, _ in runs], centers, small)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _font_for(text: str, font: Any) -> Any:
    """The font, or a system font with more of the text's characters: Pillow's own has little but ASCII."""
    from PIL import ImageFont

    fonts = [font]
    for name in _FONTS if _missing_glyphs(text, font) else ():
        with contextlib.suppress(OSError):  # not on this system
            fonts.append(ImageFont.truetype(name, size=30))
    return min(fonts, key=lambda f: _missing_glyphs(text, f))


def _missing_glyphs(text: str, font: Any) -> int:
    """How many characters of the text the font has no glyph for."""
    none = bytes(font.getmask("\uffff"))
    return sum(bytes(font.getmask(c)) == none for c in set(text) if not c.isspace())


def _legend(draw: Any, statuses: set[str], font: Any) -> None:
    x = WIDTH - _RIGHT
    for status in [s for s in reversed(_LABELS) if s in statuses]:
        x -= draw.textlength(_LABELS[status], font=font)
        draw.text((x, 77), _LABELS[status], font=font, fill=_INK, anchor="lm")
        draw.rectangle([x - 24, 69, x - 8, 85], fill=COLORS[status])
        x -= 48


def _times(draw: Any, times: Sequence[datetime], centers: Sequence[float], font: Any) -> None:
    """The times of as many runs as fit, always of the last one; with hours where a day has several runs."""
    bottom = HEIGHT - _BOTTOM
    days = [t.strftime("%d %b %Y" if len({t.year for t in times}) > 1 else "%d %b") for t in times]
    hours = len(set(days)) < len(days)
    last = float("inf")
    for x, day, time in reversed(list(zip(centers, days, times, strict=True))):
        if last - x < 130:
            continue
        draw.line([(x, bottom), (x, bottom + 8)], fill=_FAINT, width=2)
        draw.text((x, bottom + 14), day, font=font, fill=_INK, anchor="mt")
        if hours:
            draw.text((x, bottom + 38), time.strftime("%H:%M"), font=font, fill=_FAINT, anchor="mt")
        last = x
