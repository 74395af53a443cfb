"""The checkpoints that a command line selects, with the changes that it makes to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from truthound._internal.text import did_you_mean
from truthound.cli.options import DEFAULT_CONFIG
from truthound.errors import ConfigError

if TYPE_CHECKING:
    from truthound.checkpoint.actions import Action
    from truthound.checkpoint.checkpoint import Checkpoint


@dataclass(frozen=True)
class Selection:
    """The options of `checkpoint run` that select checkpoints and change them."""

    names: Sequence[str] = ()
    every: bool = False
    config: Path | None = None
    tags: Sequence[str] = ()
    data: str | None = None
    validators: list[str] | None = None
    store: str | None = None
    fail_on: str | None = None
    limit: int | None = None
    slack: str | None = None
    webhook: str | None = None
    github_summary: bool = False
    comment: bool = False


def load(path: Path | None) -> list[Checkpoint]:
    """The checkpoints of a configuration file, truthound.yaml by default. Raises ConfigError."""
    from truthound.checkpoint.config import load_checkpoints

    if path is None and not DEFAULT_CONFIG.exists():
        raise ConfigError(
            f"no {DEFAULT_CONFIG} here; write one with: truthound checkpoint init, or name a file with --config"
        )
    return load_checkpoints(path or DEFAULT_CONFIG)


def by_name(checkpoints: Sequence[Checkpoint], names: Sequence[str], path: Path | None) -> list[Checkpoint]:
    """The checkpoints with these names, each once. Raises ConfigError with all unknown names."""
    known = {c.name: c for c in checkpoints}
    unknown = [n for n in dict.fromkeys(names) if n not in known]
    if unknown:
        listed = f"; its checkpoints: {', '.join(known)}"
        raise ConfigError(
            [f'no checkpoint "{n}" in {path or DEFAULT_CONFIG}{did_you_mean(n, known) or listed}' for n in unknown]
        )
    return [known[n] for n in dict.fromkeys(names)]


def select(selection: Selection) -> list[Checkpoint]:
    """The checkpoints to run, changed as the command line asks."""
    if selection.every and selection.names:
        raise typer.BadParameter("give names or --all, not both")
    if is_ad_hoc(selection):
        return [_ad_hoc(selection)]
    checkpoints = load(selection.config)
    if selection.names:
        checkpoints = by_name(checkpoints, selection.names, selection.config)
    elif not selection.every and not selection.tags and len(checkpoints) > 1:
        raise typer.BadParameter(
            f"name a checkpoint, or give --all; the checkpoints: {', '.join(c.name for c in checkpoints)}"
        )
    checkpoints = [c for c in (_with_tags(c, selection.tags) for c in checkpoints) if c]
    if not checkpoints:
        raise ConfigError(f"no checkpoint and no check has the tag {' and '.join(selection.tags)}")
    return [_with_changes(c, selection) for c in checkpoints]


def is_ad_hoc(selection: Selection) -> bool:
    """Whether a name and --data define a checkpoint that no configuration file has."""
    if selection.data is None or selection.config is not None or selection.every or len(selection.names) != 1:
        return False
    return not DEFAULT_CONFIG.exists() or selection.names[0] not in {c.name for c in load(None)}


def _ad_hoc(selection: Selection) -> Checkpoint:
    from truthound.checkpoint.checkpoint import Checkpoint

    if selection.tags:
        raise typer.BadParameter("--tag selects checkpoints of a configuration file; this one is defined by --data")
    return _with_changes(Checkpoint(name=selection.names[0], data_source=selection.data), selection)


def _with_tags(checkpoint: Checkpoint, tags: Sequence[str]) -> Checkpoint | None:
    """`k=v` selects checkpoints by their tags, a word selects checks by theirs; None if nothing is left."""
    pairs = [t.partition("=")[::2] for t in tags if "=" in t]
    words = {t for t in tags if "=" not in t}
    if any(checkpoint.config.tags.get(k.strip()) != v.strip() for k, v in pairs):
        return None
    if not words:
        return checkpoint
    rules = [r for r in checkpoint.config.rules if words <= set(r.tags)]
    if not rules:
        return None
    return with_options(checkpoint, validators=rules, validator_config={}, schema=None, auto_schema=False)


def with_options(checkpoint: Checkpoint, **options: Any) -> Checkpoint:
    """A copy of the checkpoint with other options."""
    from truthound.checkpoint.checkpoint import Checkpoint

    if not options:
        return checkpoint
    return Checkpoint(config=checkpoint.config.with_options(**options), base=checkpoint.base, clock=checkpoint.clock)


def _with_changes(checkpoint: Checkpoint, selection: Selection) -> Checkpoint:
    config = checkpoint.config
    options: dict[str, Any] = {}
    if selection.data is not None:
        options["data_source"] = _relative_to_cwd(selection.data, checkpoint.base)
    if selection.validators is not None:
        options["validators"] = selection.validators
        options["validator_config"] = {k: v for k, v in config.validator_config.items() if k in selection.validators}
    actions = _actions(checkpoint, selection)
    if actions != config.actions:
        options["actions"] = actions
    if selection.fail_on is not None:
        options["fail_on"] = selection.fail_on
    if selection.limit is not None:
        options["examples"] = selection.limit
    return with_options(checkpoint, **options)


def _actions(checkpoint: Checkpoint, selection: Selection) -> tuple[Action, ...]:
    """The checkpoint's actions and those that the command line adds."""
    actions = checkpoint.actions
    if selection.store is not None:
        from truthound.checkpoint.actions.store import StoreValidationResult

        store = StoreValidationResult(store_path=_relative_to_cwd(selection.store, checkpoint.base))
        others = (a for a in actions if not isinstance(a, StoreValidationResult) or a.store_path != store.store_path)
        actions = (*others, store)
    return (*actions, *_notifications(checkpoint, selection))


def _notifications(checkpoint: Checkpoint, selection: Selection) -> Iterator[Action]:
    """The channels that the command line adds; GitHub not twice."""
    from truthound.checkpoint import actions  # each is loaded when it is named

    if selection.slack is not None:
        yield actions.SlackNotification(webhook_url=selection.slack)
    if selection.webhook is not None:
        yield actions.WebhookAction(url=selection.webhook)
    if not selection.github_summary and not selection.comment:
        return
    github = [a for a in checkpoint.actions if isinstance(a, actions.GitHubAction) and a.enabled]
    if selection.github_summary and not github:
        yield actions.GitHubAction()
    if selection.comment and not selection.github_summary and all(a.comment_on_pr is False for a in github):
        yield actions.GitHubAction(set_summary=False, set_output=False, annotations=False, set_commit_status=False)


def _relative_to_cwd(path: str, base: Path | None) -> str:
    """A path given on the command line is relative to the current folder, not to the configuration file's."""
    if base is None or base.resolve() == Path.cwd() or "://" in path:
        return path
    return str(Path(path).expanduser().absolute())
