"""Data sources: what `data_source` may be, opened as a lazy table. The parts are imported when they are first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truthound._internal.lazy import lazily

if TYPE_CHECKING:
    from truthound.sources.base import FrameSource as FrameSource
    from truthound.sources.base import Source as Source
    from truthound.sources.open import open_source as open_source
    from truthound.sources.spec import SourcePlugin as SourcePlugin
    from truthound.sources.spec import Spec as Spec
    from truthound.sources.spec import describe as describe
    from truthound.sources.spec import parse_spec as parse_spec

_HOMES = {
    "FrameSource": ".base", "Source": ".base", "SourcePlugin": ".spec", "Spec": ".spec", "describe": ".spec", "open_source": ".open", "parse_spec": ".spec",
}  # fmt: skip
__all__ = ["FrameSource", "Source", "SourcePlugin", "Spec", "describe", "open_source", "parse_spec"]
__getattr__, __dir__ = lazily(__name__, _HOMES)
