"""Configuration files: YAML in, checkpoints out, with every mistake's place; and their JSON Schema for editors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truthound._internal.lazy import lazily

if TYPE_CHECKING:
    from truthound.checkpoint.config.editor_schema import json_schema as json_schema
    from truthound.checkpoint.config.loader import ConfigFile as ConfigFile
    from truthound.checkpoint.config.loader import load_checkpoints as load_checkpoints
    from truthound.checkpoint.config.loader import load_config as load_config

_HOMES = {
    "ConfigFile": ".loader",
    "json_schema": ".editor_schema",
    "load_checkpoints": ".loader",
    "load_config": ".loader",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605 the table is the list
__getattr__, __dir__ = lazily(__name__, _HOMES)
