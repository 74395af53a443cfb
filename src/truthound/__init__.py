"""Data quality checks that say exactly which rows are wrong."""

from __future__ import annotations

from truthound._version import __version__ as __version__

TYPE_CHECKING = False  # the typing module would cost more than all of this one; checkers know the name
if TYPE_CHECKING:
    from typing import Any

    from truthound import checkpoint as checkpoint
    from truthound import errors as errors
    from truthound import validators as validators
    from truthound.checkpoint.checkpoint import Checkpoint as Checkpoint
    from truthound.checkpoint.settings import CheckpointConfig as CheckpointConfig
    from truthound.config.loader import load_checkpoints as load_checkpoints
    from truthound.errors import ConfigError as ConfigError
    from truthound.errors import SourceError as SourceError
    from truthound.errors import TruthoundError as TruthoundError
    from truthound.results import CheckpointResult as CheckpointResult
    from truthound.results import CheckpointStatus as CheckpointStatus
    from truthound.results import Severity as Severity
    from truthound.results import ValidationResult as ValidationResult
    from truthound.schema import Schema as Schema
    from truthound.validate import check as check

_MODULES = ("checkpoint", "errors", "validators")
_HOMES = {
    "Checkpoint": "truthound.checkpoint.checkpoint",
    "CheckpointConfig": "truthound.checkpoint.settings",
    "CheckpointResult": "truthound.results",
    "CheckpointStatus": "truthound.results",
    "ConfigError": "truthound.errors",
    "Schema": "truthound.schema",
    "Severity": "truthound.results",
    "SourceError": "truthound.errors",
    "TruthoundError": "truthound.errors",
    "ValidationResult": "truthound.results",
    "check": "truthound.validate",
    "load_checkpoints": "truthound.config.loader",
}
__all__ = sorted(["__version__", *_MODULES, *_HOMES])  # noqa: PLE0605 the tables are the list


def __getattr__(name: str) -> Any:
    import importlib

    if name in _MODULES:
        return importlib.import_module(f"truthound.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
