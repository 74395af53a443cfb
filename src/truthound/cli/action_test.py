"""Trying actions out with a made-up result, for real or without sending anything."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import typer

from truthound._internal.text import MASK, did_you_mean, join_words, redact, terminal
from truthound.checkpoint.actions.base import Action
from truthound.checkpoint.actions.channel import Channel, ResponseCheck
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.registry import action_class, action_types
from truthound.checkpoint.config.models import build_action
from truthound.checkpoint.delivery import run_stages
from truthound.cli.exits import Exit
from truthound.cli.options import DEFAULT_CONFIG
from truthound.cli.output import emit
from truthound.errors import ConfigError
from truthound.io import flow
from truthound.io.http_client import Request, Response
from truthound.results import (
    ActionStatus,
    CheckOutcome,
    CheckpointResult,
    CheckpointStatus,
    CheckStatus,
    Example,
    Severity,
    ValidationResult,
    now,
)

_ANSWER = {
    "ok": True, "id": "1", "name": "1", "result": {"message_id": 1}, "status": "success", "requestId": "1", "dedup_key": "1",
    "data": {"success": True, "isSuccess": True, "status": "done", "alertId": "1"},
}  # fmt: skip
"""an answer that any service might give: with it a dry run goes on to the next request"""
_STAND_INS: dict[str, Any] = {
    "webhook_url": "https://example.com/webhook", "url": "https://example.com/webhook", "urls": "json://example.com/",
    "bot_token": "123456:BOT-TOKEN", "chat_id": "@channel", "routing_key": "0" * 32, "api_key": "API-KEY",
    "to_addresses": "you@example.com", "from_address": "truthound@example.com", "smtp_host": "smtp.example.com",
}  # fmt: skip
"""what a dry run takes for an option that is missing: it shows the message to those who have no account yet"""


@dataclass(frozen=True)
class Trial:
    """An action to be tried out, and the checkpoint it is of."""

    action: Action
    checkpoint: str = "truthound"
    base: Path | None = None


def chosen(name: str, config: Path | None, options: Sequence[str]) -> list[Trial]:
    """The actions that a type or a checkpoint's name means. With a configuration file given, names are checkpoints first."""
    from truthound.cli.run import load, named

    types = action_types()
    found = {c.name for c in load(config)} if config is not None else set()
    if name in types and name not in found:
        if not issubclass(action_class(name), Channel):
            raise ConfigError(f'an action of type "{name}" sends no message: there is nothing to test')
        return [Trial(build_action({"type": name, **_options(options)}))]
    if options:
        raise typer.BadParameter(f'--set is for a type of action; "{name}" is none{did_you_mean(name, types)}')
    if config is None and not DEFAULT_CONFIG.exists():
        hint = did_you_mean(name, types) or f"; the types are {', '.join(types)}"
        raise ConfigError(
            f'"{name}" is no type of action, and there is no {DEFAULT_CONFIG} here with checkpoints{hint}'
        )
    (checkpoint,) = named(load(config), [name], config)
    if not any(isinstance(a, Channel) and a.enabled for a in checkpoint.actions):
        raise ConfigError(f'no enabled action of the checkpoint "{name}" sends a message: there is nothing to test')
    return [Trial(a, checkpoint.name, checkpoint.base) for a in checkpoint.actions]


def _options(given: Iterable[str]) -> dict[str, Any]:
    """`key=value` as options; a dot leads into a mapping, and a value that begins with [ or { is YAML."""
    import yaml

    made: dict[str, Any] = {}
    for one in given:
        path, equals, value = one.partition("=")
        if not equals or not path.strip():
            raise typer.BadParameter(f'"{one}" is not of the form key=value', param_hint="--set")
        *outer, last = path.strip().split(".")
        inner = made
        for key in outer:
            inner = inner.setdefault(key, {})
            if not isinstance(inner, dict):
                raise typer.BadParameter(f'"{one}": {key} is a value already', param_hint="--set")
        try:
            inner[last] = (
                yaml.safe_load(value) if value.lstrip().startswith(("[", "{")) and "{{" not in value else value
            )
        except yaml.YAMLError:
            inner[last] = value  # a template, or what only looks like a list
    return made


def try_out(trials: Sequence[Trial], *, dry_run: bool) -> Exit:
    """Tells what came of each; UNDELIVERED when one that sends messages did not."""
    code = Exit.OK
    for i, trial in enumerate(trials):
        name = terminal(trial.action.name)
        if not isinstance(trial.action, Channel) or not trial.action.enabled:
            reason = "sends no message" if trial.action.enabled else "not enabled (enabled: false)"
            emit(f"{name}: left out: {reason}\n")
            continue
        result, run = sample(trial.checkpoint), ActionContext(base=trial.base)
        once = {"notify_on": "always", "retry_count": 0}
        action = trial.action.model_copy(update=once)
        if dry_run:
            emit("\n" if i else "")
            fine = _rehearse(action, result, run, name)
        else:
            outcome = flow.run(run_stages(action, result, run))
            fine = outcome.status is ActionStatus.SUCCESS  # a test that sent nothing is none
            emit(f"{name}: {outcome.status.value}: {terminal(outcome.message)}\n")
        code = code if fine else Exit.UNDELIVERED
    return code


def sample(checkpoint: str) -> CheckpointResult:
    """A failed run of data that do not exist."""
    cells = {"user_id": 17, "email": None, "age": 212}
    outcomes = (
        CheckOutcome(
            "null:email", "null", ("email",), CheckStatus.FAILED, Severity.CRITICAL, 93, 5000, expected="not null",
            examples=(Example(18, cells),),
        ),
        CheckOutcome(
            "range:age", "range", ("age",), CheckStatus.WARNED, Severity.MEDIUM, 33, 5000, expected="between 0 and 120",
            examples=(Example(18, cells),),
        ),
        CheckOutcome("unique:user_id", "unique", ("user_id",), CheckStatus.PASSED, failed=0, total=5000, expected="unique"),
    )  # fmt: skip
    return CheckpointResult(
        run_id=f"test_{now():%Y%m%d_%H%M%S}",
        checkpoint_name=f"{checkpoint} (test)",
        run_time=now(),
        status=CheckpointStatus.FAILURE,
        validation_result=ValidationResult("made-up data: this is a test", outcomes, 5000, 3),
        duration_ms=210.0,
        metadata={"test": True, "tags": {"test": "true"}},
    )


def _rehearse(action: Channel, result: CheckpointResult, run: ActionContext, name: str) -> bool:
    """Prints what the action would send and do; whether it came as far as that."""
    emit(f"{name}: dry run, nothing is sent\n")
    missing = _missing(action)
    if missing:
        try:
            action.resolve(os.environ)
        except ConfigError as error:
            emit("".join(f"{name}: error: {terminal(problem)}\n" for problem in error.problems))
        emit(f"{name}: shown with a stand-in for {join_words(tuple(missing), 'and')}\n")
        action = _stood_in(action, missing)
    asked: list[Request] = []
    left_out: list[Callable[[], Any]] = []

    def send(request: Request) -> Response:
        asked.append(request)
        looking = request.method == "GET"
        return (ResponseCheck() if looking else action.response_check).example(_ANSWER)

    outcome = flow.run(run_stages(action, result, run), sleep=lambda _: None, send=send, work=left_out.append)
    try:
        ready, _ = action.resolve(os.environ).sanitized_for(result, run)
        secrets, previews = ready.secrets_to_redact, list(ready.preview(result, run))
    except ConfigError as error:
        emit("".join(f"{name}: error: {terminal(problem)}\n" for problem in error.problems))
        return False
    for text in previews:
        emit(f"\n{_shown(redact(text, secrets))}\n")
    for request in asked:
        emit(f"\n{_request(request, secrets)}\n")
    if asked or previews:
        return not missing
    said = outcome.message
    if left_out and outcome.status is not ActionStatus.SKIPPED:
        said = "it does its work on this machine, and a dry run does none of it"
    emit(f"{name}: {outcome.status.value}: {terminal(said)}\n")
    return False


def _missing(action: Channel) -> list[str]:
    """The options that are given neither by the action nor by this environment, where a stand-in can be had for each."""
    needed = {o: action.variables.get(o, ()) for o in action.required_options() if not getattr(action, o)}
    missing = [o for o, names in needed.items() if not any(os.environ.get(n) for n in names)]
    return missing if all(o in _STAND_INS for o in missing) else []


def _stood_in(action: Channel, missing: Iterable[str]) -> Channel:
    made = type(action)(**{o: _STAND_INS[o] for o in missing})
    return action.model_copy(update={o: getattr(made, o) for o in missing})


def _request(request: Request, secrets: Collection[str]) -> str:
    """A request as it is sent, but for the secrets."""
    own = {s for s in secrets if "://" in s and request.url.startswith(s)}
    parts = urlsplit(request.url)
    url = f"{parts.scheme}://{parts.hostname}/{MASK}" if own else redact(request.url, secrets)
    lines = [f"{request.method} {url}", *(f"{k}: {redact(v, secrets)}" for k, v in request.headers.items())]
    body = redact(request.content.decode("utf-8", "replace"), secrets)
    return _shown("\n".join([*lines, "", body] if body else lines))


def _shown(text: str) -> str:
    return "\n".join(map(terminal, text.split("\n")))
