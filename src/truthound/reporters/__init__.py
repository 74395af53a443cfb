"""Results as text for people and for programs. `FORMATS` names them; each is loaded when it is first used.

To add a format, write its function in a file of its own and add its row to `_FUNCTIONS`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from truthound.results import CheckpointResult

Format = Callable[["CheckpointResult | Sequence[CheckpointResult]"], str]
"""One result is one document; a sequence, even of one result, is a document that holds several."""

_FUNCTIONS = {
    "console": "truthound.reporters.console:console",
    "json": "truthound.reporters.json_yaml:json",
    "yaml": "truthound.reporters.json_yaml:yaml",
    "markdown": "truthound.reporters.markdown:markdown",
    "junit": "truthound.reporters.junit:junit",
    "sarif": "truthound.reporters.sarif:sarif",
    "codequality": "truthound.reporters.codequality:codequality",
    "tap": "truthound.reporters.tap:tap",
}


class _Formats(Mapping[str, Format]):
    """Name -> function, imported on demand."""

    def __getitem__(self, name: str) -> Format:
        module, _, function = _FUNCTIONS[name].partition(":")
        found: Format = getattr(importlib.import_module(module), function)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(_FUNCTIONS)

    def __len__(self) -> int:
        return len(_FUNCTIONS)


FORMATS: Mapping[str, Format] = _Formats()

__all__ = ["FORMATS", "Format"]
