"""Forgejo Actions, which imitates GitHub's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truthound.ci.pipelines.pins import UPLOAD_3
from truthound.ci.platforms import github
from truthound.ci.platforms.record import Built, PipelineTarget, Platform

if TYPE_CHECKING:
    from truthound.ci.pipelines.spec import Pipeline


def workflow(p: Pipeline) -> Built:
    return github.workflow(p, folder=".forgejo", upload=UPLOAD_3)


RECORD = Platform(
    "Forgejo Actions",
    github.fields("GITHUB_RUN_NUMBER"),
    github.PULL_REQUEST,
    reporting=github.reporting("src/commit"),
    pipeline=PipelineTarget(".forgejo/workflows/data-quality.yml", workflow, "Settings > Actions > Secrets"),
)
