"""Checkpoints: a data source, validators and actions, to be run repeatedly. Names are loaded when they are first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truthound._internal.lazy import lazily

if TYPE_CHECKING:
    from truthound.checkpoint.async_checkpoint import AsyncCheckpoint as AsyncCheckpoint
    from truthound.checkpoint.async_checkpoint import run_checkpoints_async as run_checkpoints_async
    from truthound.checkpoint.checkpoint import Checkpoint as Checkpoint
    from truthound.checkpoint.config.loader import load_checkpoints as load_checkpoints
    from truthound.checkpoint.config.models import CheckpointConfig as CheckpointConfig
    from truthound.checkpoint.registry import CheckpointRegistry as CheckpointRegistry
    from truthound.checkpoint.registry import get_checkpoint as get_checkpoint
    from truthound.checkpoint.registry import list_checkpoints as list_checkpoints
    from truthound.checkpoint.registry import register_checkpoint as register_checkpoint
    from truthound.results import ActionResult as ActionResult
    from truthound.results import ActionStatus as ActionStatus
    from truthound.results import CheckpointResult as CheckpointResult
    from truthound.results import CheckpointStatus as CheckpointStatus

_HOMES = {
    "ActionResult": "truthound.results",
    "ActionStatus": "truthound.results",
    "AsyncCheckpoint": "truthound.checkpoint.async_checkpoint",
    "Checkpoint": "truthound.checkpoint.checkpoint",
    "CheckpointConfig": "truthound.checkpoint.config.models",
    "CheckpointRegistry": "truthound.checkpoint.registry",
    "CheckpointResult": "truthound.results",
    "CheckpointStatus": "truthound.results",
    "get_checkpoint": "truthound.checkpoint.registry",
    "list_checkpoints": "truthound.checkpoint.registry",
    "load_checkpoints": "truthound.checkpoint.config.loader",
    "register_checkpoint": "truthound.checkpoint.registry",
    "run_checkpoints_async": "truthound.checkpoint.async_checkpoint",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605 the table is the list
__getattr__, __dir__ = lazily(__name__, _HOMES)
