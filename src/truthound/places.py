"""Where an issue is to be seen: the line of the configuration that declares its check, and the first row of the data that fails."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePath

from truthound.results import CheckOutcome, ValidationResult

_LOCATION = re.compile(r"(.+?):(\d+)(?::\d+)?")


def declared(outcome: CheckOutcome, root: str | Path = "") -> tuple[str, str]:
    """The file and line that declare a check, as seen from the repository's folder; empty where there is none, or it lies elsewhere."""
    where = _LOCATION.fullmatch(outcome.location or "")
    if where is None:
        return "", ""
    path = inside(where[1], root)
    return (path, where[2]) if path else ("", "")


def _absolute(path: str, root: str | Path) -> PurePath:
    """A relative path starts from the folder of the run, which may be deeper in the repository."""
    here = Path.cwd() if root and not PurePath(path).is_absolute() else None
    top = PurePath(os.path.realpath(root))  # as the current folder is: without links
    return here / path if here and here != top and here.is_relative_to(top) else PurePath(path)


def failing(outcome: CheckOutcome, validation: ValidationResult | None, root: str | Path = "") -> tuple[str, int]:
    """The data file and the line of the first failing row that is known, as seen from the repository's folder.

    The line is 0 where only the file is known; the file is empty if it does not lie in that folder.
    """
    file = inside(validation.file or "", root) if validation else ""
    lines = [e.line for e in outcome.examples if e.line]
    return file, min(lines, default=0) if file else 0


def inside(path: str, root: str | Path = "") -> str:
    """A path as seen from a folder, if it lies in it, else nothing. Without the folder only relative paths can lie there."""
    if not path or "\0" in path:
        return ""
    found = _absolute(path, root)
    if found.is_absolute():
        if not root:
            return ""
        if not found.is_relative_to(root):  # one of them may be named through a link
            found, root = PurePath(os.path.realpath(found)), os.path.realpath(root)
        if not found.is_relative_to(root):
            return ""
        found = found.relative_to(root)
    normal = PurePath(os.path.normpath(found)).as_posix()
    return "" if normal == ".." or normal.startswith("../") or normal == "." else normal
