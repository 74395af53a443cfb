"""Configuration files: YAML in, checkpoints out, with every mistake's place; and their JSON Schema for editors."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from truthound.config.editors import json_schema as json_schema
    from truthound.config.loader import ConfigFile as ConfigFile
    from truthound.config.loader import load_checkpoints as load_checkpoints
    from truthound.config.loader import load_config as load_config

_HOMES = {"ConfigFile": "loader", "json_schema": "editors", "load_checkpoints": "loader", "load_config": "loader"}
__all__ = sorted(_HOMES)  # noqa: PLE0605 the table is the list


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
