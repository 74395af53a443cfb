"""Where an issue is located: the line of the configuration that declares its check, and the first failing row of the data."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePath

from truthound.results import CheckOutcome, ValidationResult

_LOCATION = re.compile(r"(.+?):(\d+)(?::(\d+))?")


def config_location(outcome: CheckOutcome, root: str | Path = "") -> tuple[str, int, int]:
    """The file, line and column that declare a check, relative to the repository's folder; "" and 0 if there is none, or it is outside."""
    where = _LOCATION.fullmatch(outcome.location or "")
    path = relative_to_root(where[1], root) if where else ""
    return (path, int(where[2]), int(where[3] or 0)) if where and path else ("", 0, 0)


def _absolute(path: str, root: str | Path) -> PurePath:
    """A relative path starts from the folder of the run, which may be deeper in the repository."""
    here = _current_folder() if root and not PurePath(path).is_absolute() else None
    return here / path if here and within(here, root) not in (None, PurePath()) else PurePath(path)


def _current_folder() -> Path | None:
    """The current folder; None if it was deleted."""
    try:
        return Path.cwd()
    except OSError:
        return None


def within(path: PurePath, root: str | Path) -> PurePath | None:
    """The path relative to a folder that contains it. Both may be named by links, and a link in the folder may lead out of it."""
    if path.is_relative_to(root):
        return path.relative_to(root)
    try:
        home = os.path.realpath(root)
        above = next((p for p in path.parents if os.path.realpath(p) == home), None)
        real = PurePath(os.path.realpath(path.parent)) / path.name
    except OSError:  # a relative path, and the current folder was deleted
        return None
    if above is not None:
        return path.relative_to(above)
    return real.relative_to(home) if real.is_relative_to(home) else None


def data_location(outcome: CheckOutcome, validation: ValidationResult | None, root: str | Path = "") -> tuple[str, int]:
    """The data file and the line of the first known failing row, relative to the repository's folder.

    The line is 0 if only the file is known; the file is empty if it is outside that folder.
    """
    file = relative_to_root(validation.file or "", root) if validation else ""
    lines = [e.line for e in outcome.examples if e.line]
    return file, min(lines, default=0) if file else 0


def relative_to_root(path: str, root: str | Path = "") -> str:
    """A path relative to a folder that contains it, else empty. Without the folder only relative paths are accepted."""
    if not path or "\0" in path:
        return ""
    found = _absolute(path, root)
    if found.is_absolute():
        seen = within(found, root) if root else None
        if seen is None:
            return ""
        found = seen
    normal = PurePath(os.path.normpath(found)).as_posix()
    return "" if normal == ".." or normal.startswith("../") or normal == "." else normal
