"""Text that is safe in a log, and annotations for systems that show plain text. No text of the data is a command."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from truthound._internal.escape import escape_log
from truthound.reporters.annotations import AnnotationLevel, CIAnnotation

_COLOURS = {AnnotationLevel.ERROR: "31;1", AnnotationLevel.WARNING: "33;1", AnnotationLevel.NOTICE: "36;1"}


def lines(text: str) -> str:
    """A text of several lines, each escaped for a log."""
    return "\n".join(escape_log(line) for line in text.splitlines())


def slug(text: str) -> str:
    """A name that is safe in the marks of a log, in a file's name and in an identifier: `a-z`, digits, `_`, `-`."""
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-")[:60] or "truthound"


def key(text: str) -> str:
    """A slug that is unique to the text."""
    short = slug(text)
    return short if short == text else f"{short}-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:8]}"


def plain(a: CIAnnotation) -> str:
    """`error: data/users.csv:42: title: message`."""
    place = ":".join(filter(None, (escape_log(a.file or ""), str(a.line or "") if a.file else "")))
    return ": ".join(
        filter(None, (a.level.value, place, escape_log(a.title or ""), escape_log(" ".join(a.message.split("\n")))))
    )


def coloured(a: CIAnnotation) -> str:
    """The same, with its level in colour."""
    level, _, rest = plain(a).partition(":")
    return f"\x1b[{_COLOURS[a.level]}m{level}:\x1b[0m{rest}"


def heading(title: str, _name: str, _now: datetime) -> tuple[str, str]:
    """A group where nothing can be collapsed: its title only."""
    return escape_log(title), ""
