"""Checkpoints in continuous integration: detect the system, report in its own way, write its pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truthound.lazy import lazily

if TYPE_CHECKING:
    from truthound.ci.environment import CIEnvironment as CIEnvironment
    from truthound.ci.environment import CIPlatform as CIPlatform

_HOMES = {
    "CIEnvironment": "truthound.ci.environment",
    "CIPlatform": "truthound.ci.environment",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605 the table is the list
__getattr__, __dir__ = lazily(__name__, _HOMES)
