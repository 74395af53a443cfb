"""Opens what is to be learned from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from truthound.engine import Backend
from truthound.engine.polars_backend import PolarsBackend
from truthound.sources import open_source


def opened(data: Any, base: Path | None = None) -> tuple[Backend, str]:
    """A backend and the name of its data: of a data source, or of a backend that is open already."""
    if isinstance(data, PolarsBackend):
        return data, "data"
    source = open_source(data, base=base)
    return PolarsBackend(source.frame, explain=source.explain, unreadable=source.unreadable), source.name
