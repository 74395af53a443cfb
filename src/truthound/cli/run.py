"""Running checkpoints: which ones, with which changes, and how the results are told."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from truthound._internal.text import did_you_mean, terminal
from truthound.cli.ci_report import Native
from truthound.cli.exits import Exit, exit_of, worst
from truthound.cli.options import DEFAULT_CONFIG, OutputOptions
from truthound.cli.output import deliver, emit, fancy, problem, say, width
from truthound.cli.progress import Progress
from truthound.errors import ConfigError

if TYPE_CHECKING:
    from truthound.checkpoint.actions import Action
    from truthound.checkpoint.checkpoint import Checkpoint
    from truthound.io.flow import Aside
    from truthound.results import CheckpointResult

SHOWN_ROWS = 2
_HISTORY = 6  # earlier runs beside a new one


@dataclass(frozen=True)
class Choice:
    """Which checkpoints, and what is changed in them."""

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


# --- which checkpoints ------------------------------------------------------------------------------------------------


def load(path: Path | None) -> list[Checkpoint]:
    """The checkpoints of a configuration file; without one, a ConfigError that says how to get one."""
    from truthound.checkpoint.config import load_checkpoints

    if path is None and not DEFAULT_CONFIG.exists():
        raise ConfigError(
            f"no {DEFAULT_CONFIG} here; write one with: truthound checkpoint init, or name a file with --config"
        )
    return load_checkpoints(path or DEFAULT_CONFIG)


def named(checkpoints: Sequence[Checkpoint], names: Sequence[str], path: Path | None) -> list[Checkpoint]:
    """The checkpoints of these names, each once; all that are unknown at once."""
    known = {c.name: c for c in checkpoints}
    unknown = [n for n in dict.fromkeys(names) if n not in known]
    if unknown:
        has = f"it has: {', '.join(known)}"
        raise ConfigError(
            [f'no checkpoint "{n}" in {path or DEFAULT_CONFIG}{did_you_mean(n, known) or f"; {has}"}' for n in unknown]
        )
    return [known[n] for n in dict.fromkeys(names)]


def chosen(choice: Choice) -> list[Checkpoint]:
    """The checkpoints to run, with the command line's changes."""
    if choice.every and choice.names:
        raise typer.BadParameter("give names or --all, not both")
    if ad_hoc(choice):
        return [_made(choice)]
    checkpoints = load(choice.config)
    if choice.names:
        checkpoints = named(checkpoints, choice.names, choice.config)
    elif not choice.every and not choice.tags and len(checkpoints) > 1:
        raise typer.BadParameter(
            f"name a checkpoint, or give --all; there are: {', '.join(c.name for c in checkpoints)}"
        )
    checkpoints = [c for c in (_tagged(c, choice.tags) for c in checkpoints) if c]
    if not checkpoints:
        raise ConfigError(f"no checkpoint has the tag {' and '.join(choice.tags)}, and none of its checks")
    return [_changed(c, choice) for c in checkpoints]


def ad_hoc(choice: Choice) -> bool:
    """Whether a name and --data are a checkpoint of their own: without a file, or with one that does not know the name."""
    if choice.data is None or choice.config is not None or choice.every or len(choice.names) != 1:
        return False
    return not DEFAULT_CONFIG.exists() or choice.names[0] not in {c.name for c in load(None)}


def _made(choice: Choice) -> Checkpoint:
    from truthound.checkpoint.checkpoint import Checkpoint

    if choice.tags:
        raise typer.BadParameter("--tag chooses among a configuration file's checkpoints; this one is made of --data")
    return _changed(Checkpoint(name=choice.names[0], data_source=choice.data), choice)


def _tagged(checkpoint: Checkpoint, tags: Sequence[str]) -> Checkpoint | None:
    """`k=v` chooses checkpoints by their tags, a word checks by theirs; None where nothing is left."""
    from truthound.checkpoint.checkpoint import Checkpoint

    pairs = [t.partition("=")[::2] for t in tags if "=" in t]
    words = {t for t in tags if "=" not in t}
    if any(checkpoint.config.tags.get(k.strip()) != v.strip() for k, v in pairs):
        return None
    if not words:
        return checkpoint
    rules = [r for r in checkpoint.config.rules if words <= set(r.tags)]
    if not rules:
        return None
    config = checkpoint.config.with_options(validators=rules, validator_config={}, schema=None, auto_schema=False)
    return Checkpoint(config=config, base=checkpoint.base, clock=checkpoint.clock)


def _changed(checkpoint: Checkpoint, choice: Choice) -> Checkpoint:
    from truthound.checkpoint.actions.store import StoreValidationResult
    from truthound.checkpoint.checkpoint import Checkpoint

    config, base = checkpoint.config, checkpoint.base
    options: dict[str, Any] = {}
    if choice.data is not None:
        options["data_source"] = _from_here(choice.data, base)
    if choice.validators is not None:
        options["validators"] = choice.validators
        options["validator_config"] = {k: v for k, v in config.validator_config.items() if k in choice.validators}
    if choice.store is not None:
        store = StoreValidationResult(store_path=_from_here(choice.store, base))
        others = [
            a for a in config.actions if not isinstance(a, StoreValidationResult) or a.store_path != store.store_path
        ]
        options["actions"] = (*others, store)
    if told := list(_told(checkpoint, choice)):
        options["actions"] = (*options.get("actions", config.actions), *told)
    if choice.fail_on is not None:
        options["fail_on"] = choice.fail_on
    if choice.limit is not None:
        options["examples"] = choice.limit
    return (
        Checkpoint(config=config.with_options(**options), base=base, clock=checkpoint.clock) if options else checkpoint
    )


def _told(checkpoint: Checkpoint, choice: Choice) -> Iterator[Action]:
    """The channels that the command line adds."""
    from truthound.checkpoint.actions import GitHubAction, SlackNotification, WebhookAction

    if choice.slack is not None:
        yield SlackNotification(webhook_url=choice.slack)
    if choice.webhook is not None:
        yield WebhookAction(url=choice.webhook)
    if choice.github_summary and not any(isinstance(a, GitHubAction) and a.enabled for a in checkpoint.actions):
        yield GitHubAction()
    comments = any(
        isinstance(a, GitHubAction) and a.enabled and a.comment_on_pr is not False for a in checkpoint.actions
    )
    if choice.comment and not (comments or choice.github_summary):
        yield GitHubAction(set_summary=False, set_output=False, annotations=False, set_commit_status=False)


def _from_here(path: str, base: Path | None) -> str:
    """A path of the command line starts from the current folder, not from the configuration file's."""
    if base is None or base.resolve() == Path.cwd() or "://" in path:
        return path
    return str(Path(path).expanduser().absolute())


# --- running and telling ----------------------------------------------------------------------------------------------


def run_all(
    checkpoints: Sequence[Checkpoint],
    telling: OutputOptions,
    *,
    several: bool,
    hints: Callable[[CheckpointResult, Checkpoint], list[str]],
    before: Callable[[Checkpoint], str] = lambda _: "",
    write: Callable[[Sequence[CheckpointResult]], str] | None = None,
    native: Native,
) -> Exit:
    """Runs one after another; a later one runs whatever an earlier came to.

    `hints` gives commands worth running after a run, `before` what is shown ahead of it; `write` writes the results
    where they are not shown as they come. `native` collects the results for the CI system.
    """
    results: list[CheckpointResult] = []
    codes: list[Exit] = []
    for given in checkpoints:
        checkpoint = _as_told(given, telling)
        looks_back = native.on or (telling.format == "console" and not telling.quiet)
        earlier = _earlier(checkpoint) if looks_back else None
        if telling.streams and not telling.quiet:
            emit(("\n" if results else "") + before(checkpoint))
        with Progress(f"{checkpoint.name}: checking", quiet=telling.quiet, no_color=telling.no_color):
            result = native.public(checkpoint.run())
        history = _history(earlier, result.run_id) if earlier else []
        codes.append(exit_of(result, strict=telling.strict))
        results.append(result)
        native.add(result, checkpoint, history)
        if telling.streams:
            with nullcontext() if telling.quiet else native.folded(result):
                emit(shown(result, telling, history, hints(result, checkpoint)))
        if telling.quiet or not telling.streams:
            _trouble(result)
    if not telling.streams:
        deliver(write(results) if write else written(results, telling, several=several), telling.output)
        if telling.output is not None and not telling.quiet:
            for result, code in zip(results, codes, strict=True):
                say(_verdict(result, code, telling, sys.stderr).rstrip("\n"))
    elif len(results) > 1 and not telling.quiet:
        emit(f"\n {len(results)} checkpoints, exit {worst(codes).value}\n")
    return worst(codes)


def _as_told(checkpoint: Checkpoint, telling: OutputOptions) -> Checkpoint:
    """The checkpoint with what `--strict` and `--ci-examples` change."""
    from truthound.checkpoint.checkpoint import Checkpoint

    options: dict[str, Any] = {"strict": True} if telling.strict else {}
    options |= {"ci_examples": telling.ci_examples} if telling.ci_examples else {}
    if not options:
        return checkpoint
    return Checkpoint(config=checkpoint.config.with_options(**options), base=checkpoint.base, clock=checkpoint.clock)


def _trouble(result: CheckpointResult) -> None:
    """What could not be done, on standard error: the reasons are wanted even where the report is not seen."""
    from truthound.reporters.wording import with_status
    from truthound.results import CheckStatus

    name = terminal(result.checkpoint_name)
    broken = with_status(result, CheckStatus.ERROR)
    told = [f"{o.id} could not be made: {o.error}" for o in broken] or (result.error or "").split("\n")
    for line in filter(None, told):
        problem(f"{name}: {line}")
    for action in result.action_results:
        if not action.delivered:
            problem(f"{name}: {action.action_name} was not delivered: {action.message}")


def written(results: Sequence[CheckpointResult], telling: OutputOptions, *, several: bool) -> str:
    """The results in the format asked for; a list where several were asked for, however many there are."""
    from truthound.reporters import FORMATS

    if telling.format == "console":
        return "\n".join(shown(r, telling, [], [], plain=True) for r in results)
    return FORMATS[telling.format](results if several else results[0])


def shown(
    result: CheckpointResult,
    telling: OutputOptions,
    history: Sequence[CheckpointResult],
    next_steps: Sequence[str],
    *,
    plain: bool = False,
) -> str:
    """A run for people."""
    from truthound.reporters.console import render

    return render(
        result,
        width=120 if plain else width(sys.stdout),
        colour=not plain and fancy(sys.stdout, no_color=telling.no_color),
        verbose=telling.verbose,
        quiet=telling.quiet,
        limit=SHOWN_ROWS if telling.limit is None else telling.limit,
        history=history,
        ending=_ending(result, telling),
        next_steps=next_steps,
    )


def _verdict(result: CheckpointResult, code: Exit, telling: OutputOptions, stream: Any) -> str:
    from truthound.reporters.console import render

    colour = fancy(stream, no_color=telling.no_color)
    return render(result, width=width(stream), colour=colour, quiet=True, ending=f"exit {code.value}")


def _ending(result: CheckpointResult, telling: OutputOptions) -> str:
    code = exit_of(result, strict=telling.strict)
    why = " (--strict)" if telling.strict and code is Exit.FAILURE else ""
    return f"exit {code.value}{why}"


def store_of(checkpoint: Checkpoint) -> str | None:
    """Where its results are stored, if they are."""
    from truthound._internal.env_vars import expand
    from truthound.checkpoint.actions.store import StoreValidationResult

    found = [a for a in checkpoint.actions if a.enabled and isinstance(a, StoreValidationResult)]
    return expand(found[0].store_path, os.environ)[0] if found else None


def stored(checkpoint: Checkpoint, limit: int) -> tuple[list[CheckpointResult], list[str]]:
    """Its earlier runs, oldest first, and what kept some from being read."""
    from truthound.checkpoint.actions.store import load_results
    from truthound.errors import TruthoundError

    path = store_of(checkpoint)
    if path is None:
        return [], []
    problems: list[str] = []
    try:
        found = load_results(path, checkpoint.name, limit, base=checkpoint.base, problems=problems)
    except (TruthoundError, OSError) as error:
        problems.append(str(error))
        found = []
    return found[::-1], problems


def _earlier(checkpoint: Checkpoint) -> Aside[tuple[list[CheckpointResult], list[str]]]:
    """Reads them beside the run, which does not wait for them."""
    from truthound.checkpoint.actions.context import LOOK_BACK
    from truthound.io.flow import Aside

    return Aside(partial(stored, checkpoint, _HISTORY), LOOK_BACK)


def _history(earlier: Aside[tuple[list[CheckpointResult], list[str]]], this: str) -> list[CheckpointResult]:
    """The runs before this one. History is an extra: one that cannot be read, or not soon, is a word on standard error."""
    from truthound.errors import TimeLimitError

    try:
        found, problems = earlier.value()
    except TimeLimitError as error:
        found, problems = [], [f"earlier runs could not be read: {error}"]
    for line in problems:
        say(f"warning: {terminal(line)}")
    return [r for r in found if r.run_id != this]


@dataclass(frozen=True)
class Hints:
    """Commands worth running after a run, with the options of this one; all of them exist."""

    choice: Choice
    made_up: bool = False
    """the checkpoint is of the command line, not of a file"""

    def after(self, result: CheckpointResult, checkpoint: Checkpoint) -> list[str]:
        choice = self.choice
        file = f" -c {shlex.quote(str(choice.config))}" if choice.config else ""
        name = shlex.quote(checkpoint.name)
        data = f" --data {shlex.quote(choice.data)}" if choice.data else ""
        rules = f" --validators {','.join(choice.validators)}" if choice.validators else ""
        again = f"truthound checkpoint run {name}{file}{data}{rules}"
        steps = list(self._undelivered(result, checkpoint, name + file, again))
        if result.validation_result is None:
            broken = self.made_up or result.error_type != "SourceError"
            return steps if broken else [*steps, f"truthound checkpoint run {name}{file} --data FILE"]
        shows = SHOWN_ROWS if choice.limit is None else choice.limit
        if shows < 50 and any(o.examples and (o.failed or 0) > max(shows, 1) for o in result.issues):
            steps.append(f"{again} --limit 50")
        source = checkpoint.config.data_source
        if (
            any(o.error and "not found" in o.error for o in result.issues)
            and isinstance(source, str)
            and "://" not in source
        ):
            steps.append(f"truthound profile {shlex.quote(str((checkpoint.base or Path()) / source))}")
        if result.issues and store_of(checkpoint):
            store = f" --store {shlex.quote(str(choice.store))}" if choice.store else file
            steps.append(f"truthound checkpoint history {name}{store}")
        if checkpoint.config.auto_schema and not choice.data and any(o.location is None for o in result.issues):
            steps.append(f"truthound schema update {name}{file}")
        if self.made_up and result.issues:
            steps.append(f"truthound checkpoint init --data {shlex.quote(str(choice.data))}")
        return steps

    def _undelivered(self, result: CheckpointResult, checkpoint: Checkpoint, tested: str, again: str) -> Iterator[str]:
        """What to do about actions that failed: a test message shows whether a channel is mended, a new run the others."""
        from truthound.checkpoint.actions.channel import Channel

        pairs = zip(checkpoint.actions, result.action_results, strict=False)
        failed = [action for action, made in pairs if not made.delivered]
        given = {"slack": self.choice.slack, "webhook": self.choice.webhook}
        of_file = [a for a in failed if isinstance(a, Channel) and not given.get(a.type)]
        if of_file:
            yield f"truthound action test {tested}"
        for action in failed:
            if action not in of_file and isinstance(action, Channel):
                yield f"truthound action test {action.type} --set {'webhook_' * (action.type == 'slack')}url=URL"
        if others := [a.name for a in failed if not isinstance(a, Channel)]:
            yield f"once {', '.join(others)} can be done: {again}"
