"""Where an issue is to be seen: the line of the configuration that declares its check."""

from __future__ import annotations

import re
from pathlib import Path, PurePath

from truthound.results import CheckOutcome

_LOCATION = re.compile(r"(.+?):(\d+)(?::\d+)?")


def declared(outcome: CheckOutcome, root: str | Path = "") -> tuple[str, str]:
    """The file and line that declare a check, as seen from the repository's folder; empty where there is none."""
    where = _LOCATION.fullmatch(outcome.location or "")
    if where is None:
        return "", ""
    path = PurePath(where[1])
    if root and path.is_absolute() and path.is_relative_to(root):
        path = path.relative_to(root)
    return path.as_posix(), where[2]
