"""Runs as Markdown, a section for each."""

from __future__ import annotations

from collections.abc import Sequence

from truthound.reporters.markdown_text import markdown as section
from truthound.results import CheckpointResult


def markdown(results: CheckpointResult | Sequence[CheckpointResult]) -> str:
    """A section with a heading for each run."""
    several = [results] if isinstance(results, CheckpointResult) else results
    return "\n".join(map(section, several))
