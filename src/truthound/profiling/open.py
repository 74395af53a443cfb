"""Opens the data that a profile or a schema is made from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from truthound.engine import Backend
from truthound.errors import SourceError
from truthound.sources import Source, open_source
from truthound.sources.open import without_damaged_columns

T = TypeVar("T")


def with_backend(data: Any, base: Path | None, work: Callable[[Backend, str], T]) -> T:
    """The result of `work` on a data source, given its backend and name; without damaged columns where it fails on them."""
    source = open_source(data, base=base)
    try:
        return _done(source, work)
    except SourceError:
        if (readable := without_damaged_columns(data, base)) is None:
            raise
    return _done(readable, work)


def _done(source: Source, work: Callable[[Backend, str], T]) -> T:
    backend = source.backend()
    try:
        return work(backend, source.name)
    finally:
        backend.close()
