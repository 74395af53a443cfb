"""Data quality checks that say exactly which rows are wrong."""

from __future__ import annotations

from truthound._internal.lazy import lazily
from truthound._version import __version__ as __version__

TYPE_CHECKING = False  # the typing module would cost more than all of this one; checkers know the name
if TYPE_CHECKING:
    from truthound import checkpoint as checkpoint
    from truthound import errors as errors
    from truthound import validators as validators
    from truthound.checkpoint.checkpoint import Checkpoint as Checkpoint
    from truthound.checkpoint.config.loader import load_checkpoints as load_checkpoints
    from truthound.checkpoint.config.models import CheckpointConfig as CheckpointConfig
    from truthound.errors import ConfigError as ConfigError
    from truthound.errors import SourceError as SourceError
    from truthound.errors import TruthoundError as TruthoundError
    from truthound.results import CheckpointResult as CheckpointResult
    from truthound.results import CheckpointStatus as CheckpointStatus
    from truthound.results import Severity as Severity
    from truthound.results import ValidationResult as ValidationResult
    from truthound.schema import Schema as Schema
    from truthound.validation.validate import check as check

_HOMES = {
    "Checkpoint": "truthound.checkpoint.checkpoint",
    "CheckpointConfig": "truthound.checkpoint.config.models",
    "CheckpointResult": "truthound.results",
    "CheckpointStatus": "truthound.results",
    "ConfigError": "truthound.errors",
    "Schema": "truthound.schema",
    "Severity": "truthound.results",
    "SourceError": "truthound.errors",
    "TruthoundError": "truthound.errors",
    "ValidationResult": "truthound.results",
    "check": "truthound.validation.validate",
    "checkpoint": "truthound.checkpoint:",
    "errors": "truthound.errors:",
    "load_checkpoints": "truthound.checkpoint.config.loader",
    "validators": "truthound.validators:",
}
__all__ = sorted(["__version__", *_HOMES])  # noqa: PLE0605 the tables are the list
__getattr__, __dir__ = lazily(__name__, _HOMES, "__version__")
