"""Gitea Actions and Forgejo Actions, which imitate GitHub's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truthound.ci.models import CIPlatform
from truthound.ci.pipelines.pins import UPLOAD_3
from truthound.ci.platforms import github
from truthound.ci.platforms.record import Built, PipelineTarget, Platform

if TYPE_CHECKING:
    from truthound.ci.pipelines.spec import Pipeline

_SECRETS = "Settings > Actions > Secrets"


def _workflow(p: Pipeline, folder: str) -> Built:
    notes, document = github.workflow(p, folder=folder, upload=UPLOAD_3)
    return [*notes, "upload-artifact stays at v3: later ones need a service that only GitHub has."], document


def gitea_workflow(p: Pipeline) -> Built:
    return _workflow(p, ".gitea")


def forgejo_workflow(p: Pipeline) -> Built:
    return _workflow(p, ".forgejo")


GITEA = Platform(
    CIPlatform.GITEA, "Gitea Actions", ("GITEA_ACTIONS",), github.fields("GITHUB_RUN_NUMBER"), github.PULL_REQUEST,
    reporting=github.reporting("src/commit"),
    pipeline=PipelineTarget(".gitea/workflows/data-quality.yml", gitea_workflow, _SECRETS),
)  # fmt: skip
FORGEJO = Platform(
    CIPlatform.FORGEJO, "Forgejo Actions", ("FORGEJO_ACTIONS",), github.fields("GITHUB_RUN_NUMBER"), github.PULL_REQUEST,
    reporting=github.reporting("src/commit"),
    pipeline=PipelineTarget(".forgejo/workflows/data-quality.yml", forgejo_workflow, _SECRETS),
)  # fmt: skip
