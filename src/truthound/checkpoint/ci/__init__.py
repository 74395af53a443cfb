"""Checkpoints in continuous integration: detect the system, report in its own way, write its pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truthound.lazy import lazily

if TYPE_CHECKING:
    from truthound.ci.environment import CIEnvironment as CIEnvironment
    from truthound.ci.environment import detect_ci_platform as detect_ci_platform
    from truthound.ci.environment import get_ci_environment as get_ci_environment
    from truthound.ci.environment import is_ci_environment as is_ci_environment
    from truthound.ci.names import CIPlatform as CIPlatform
    from truthound.ci.platforms import platform_named as platform_named
    from truthound.reporters.ci.reporters import get_ci_reporter as get_ci_reporter

_HOMES = {
    "CIEnvironment": "truthound.ci.environment",
    "CIPlatform": "truthound.ci.names",
    "detect_ci_platform": "truthound.ci.environment",
    "get_ci_environment": "truthound.ci.environment",
    "get_ci_reporter": "truthound.reporters.ci.reporters",
    "is_ci_environment": "truthound.ci.environment",
    "platform_named": "truthound.ci.platforms",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605 the table is the list
__getattr__, __dir__ = lazily(__name__, _HOMES)
