"""Opens what is to be learned from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from truthound.engine import Backend
from truthound.engine.polars.backend import PolarsBackend
from truthound.errors import SourceError
from truthound.sources import open_source
from truthound.sources.open import readable

T = TypeVar("T")


def without_damage(work: Callable[[Any], T], data: Any, base: Path | None) -> T:
    """What work makes of data; once more without their damaged columns, if they have some."""
    try:
        return work(data)
    except SourceError:
        if (source := readable(data, base)) is None:
            raise
    return work(source)


def opened(data: Any, base: Path | None = None) -> tuple[Backend, str]:
    """A backend and the name of its data: of a data source, or of a backend that is open already."""
    if isinstance(data, PolarsBackend):
        return data, "data"
    source = open_source(data, base=base)
    return PolarsBackend(source.frame, explain=source.explain, unreadable=source.unreadable), source.name
