"""`truthound action test`: delivers a sample result, or prints what would be sent."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import typer

from truthound._internal.escape import escape_terminal
from truthound._internal.redaction import MASK, redact
from truthound._internal.text import did_you_mean, join_words
from truthound.checkpoint.actions.base import Action
from truthound.checkpoint.actions.channel import Channel
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.registry import action_class, action_types
from truthound.checkpoint.actions.response import ResponseCheck
from truthound.checkpoint.config.actions import build_action
from truthound.checkpoint.delivery import run_stages
from truthound.cli.options import DEFAULT_CONFIG
from truthound.cli.output import emit
from truthound.errors import ConfigError
from truthound.io import flow
from truthound.io.http_client import Request, Response
from truthound.reporters.exit_codes import Exit
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

_RESPONSE = {
    "ok": True, "id": "1", "name": "1", "result": {"message_id": 1}, "status": "success", "requestId": "1", "dedup_key": "1",
    "data": {"success": True, "isSuccess": True, "status": "done", "alertId": "1"},
}  # fmt: skip
"""a response that satisfies every service, so that a dry run reaches the next request"""
_PLACEHOLDERS: dict[str, Any] = {
    "webhook_url": "https://example.com/webhook", "url": "https://example.com/webhook", "urls": "json://example.com/",
    "bot_token": "123456:BOT-TOKEN", "chat_id": "@channel", "routing_key": "0" * 32, "api_key": "API-KEY",
    "to_addresses": "you@example.com", "from_address": "truthound@example.com", "smtp_host": "smtp.example.com",
}  # fmt: skip
"""values of missing options in a dry run: it shows the message also to users without an account"""


@dataclass(frozen=True)
class ActionTest:
    """An action to test, and its checkpoint."""

    action: Action
    checkpoint: str = "truthound"
    base: Path | None = None


def select_actions(name: str, config: Path | None, options: Sequence[str]) -> list[ActionTest]:
    """The actions of a type or of a checkpoint. With --config, a name is first looked up as a checkpoint."""
    from truthound.cli.selection import by_name, load

    types = action_types()
    found = {c.name for c in load(config)} if config is not None else set()
    if name in types and name not in found:
        if not issubclass(action_class(name), Channel):
            raise ConfigError(f'"{name}" actions send no message, so there is nothing to test')
        return [ActionTest(build_action({"type": name, **_options(options)}))]
    if options:
        raise typer.BadParameter(f'--set needs an action type; "{name}" is not one{did_you_mean(name, types)}')
    if config is None and not DEFAULT_CONFIG.exists():
        hint = did_you_mean(name, types) or f"; the types: {', '.join(types)}"
        raise ConfigError(
            f'"{name}" is not an action type, and there is no {DEFAULT_CONFIG} here with checkpoints{hint}'
        )
    (checkpoint,) = by_name(load(config), [name], config)
    if not any(isinstance(a, Channel) and a.enabled for a in checkpoint.actions):
        raise ConfigError(f'no enabled action of the checkpoint "{name}" sends a message, so there is nothing to test')
    return [ActionTest(a, checkpoint.name, checkpoint.base) for a in checkpoint.actions]


def _options(given: Iterable[str]) -> dict[str, Any]:
    """`key=value` as options; `a.b=value` sets a key of a mapping, and a value that begins with [ or { is YAML."""
    import yaml

    parsed: dict[str, Any] = {}
    for one in given:
        path, equals, value = one.partition("=")
        if not equals or not path.strip():
            raise typer.BadParameter(f'"{one}" does not have the form key=value', param_hint="--set")
        *outer, last = path.strip().split(".")
        inner = parsed
        for key in outer:
            inner = inner.setdefault(key, {})
            if not isinstance(inner, dict):
                raise typer.BadParameter(f'"{one}": {key} already has a value', param_hint="--set")
        try:
            inner[last] = (
                yaml.safe_load(value) if value.lstrip().startswith(("[", "{")) and "{{" not in value else value
            )
        except yaml.YAMLError:
            inner[last] = value  # a template, or text that only looks like a list
    return parsed


def send_tests(tests: Sequence[ActionTest], *, dry_run: bool) -> Exit:
    """Prints the outcome of each; UNDELIVERED if a channel did not deliver."""
    code = Exit.OK
    for i, test in enumerate(tests):
        name = escape_terminal(test.action.name)
        if not isinstance(test.action, Channel) or not test.action.enabled:
            reason = "sends no message" if test.action.enabled else "not enabled (enabled: false)"
            emit(f"{name}: skipped: {reason}\n")
            continue
        result, run = sample(test.checkpoint), ActionContext(base=test.base)
        once = {"notify_on": "always", "retry_count": 0}
        action = test.action.model_copy(update=once)
        if dry_run:
            emit("\n" if i else "")
            delivered = _dry_run(action, result, run, name)
        else:
            outcome = flow.run(run_stages(action, result, run))
            delivered = outcome.status is ActionStatus.SUCCESS  # a test that sent nothing has not succeeded
            emit(f"{name}: {outcome.status.value}: {escape_terminal(outcome.message)}\n")
        code = code if delivered else Exit.UNDELIVERED
    return code


def sample(checkpoint: str) -> CheckpointResult:
    """The result of a failed run of data that do not exist."""
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
        validation_result=ValidationResult("sample data: this is a test", outcomes, 5000, 3),
        duration_ms=210.0,
        metadata={"test": True, "tags": {"test": "true"}},
    )


def _dry_run(action: Channel, result: CheckpointResult, run: ActionContext, name: str) -> bool:
    """Prints what the action would send; whether it would send anything."""
    emit(f"{name}: dry run, nothing is sent\n")
    missing = _missing(action)
    if missing:
        try:
            action.resolve(os.environ)
        except ConfigError as error:
            emit("".join(f"{name}: error: {escape_terminal(problem)}\n" for problem in error.problems))
        emit(f"{name}: shown with placeholders for {join_words(tuple(missing), 'and')}\n")
        action = _with_placeholders(action, missing)
    requests: list[Request] = []
    postponed: list[Callable[[], Any]] = []

    def send(request: Request) -> Response:
        requests.append(request)
        check = ResponseCheck() if request.method == "GET" else action.response_check
        return check.example(_RESPONSE)

    outcome = flow.run(run_stages(action, result, run), sleep=lambda _: None, send=send, work=postponed.append)
    try:
        resolved, _ = action.resolve(os.environ).sanitized_for(result, run)
        secrets, previews = resolved.secrets_to_redact, list(resolved.preview(result, run))
    except ConfigError as error:
        emit("".join(f"{name}: error: {escape_terminal(problem)}\n" for problem in error.problems))
        return False
    for text in previews:
        emit(f"\n{_printable(redact(text, secrets))}\n")
    for request in requests:
        emit(f"\n{_request(request, secrets)}\n")
    if requests or previews:
        return not missing
    message = outcome.message
    if postponed and outcome.status is not ActionStatus.SKIPPED:
        message = "it works on this machine only, which a dry run leaves unchanged"
    emit(f"{name}: {outcome.status.value}: {escape_terminal(message)}\n")
    return False


def _missing(action: Channel) -> list[str]:
    """The required options that neither the action nor the environment sets; none unless all have placeholders."""
    needed = {o: action.variables.get(o, ()) for o in action.required_options() if not getattr(action, o)}
    missing = [o for o, names in needed.items() if not any(os.environ.get(n) for n in names)]
    return missing if all(o in _PLACEHOLDERS for o in missing) else []


def _with_placeholders(action: Channel, missing: Iterable[str]) -> Channel:
    placeholders = type(action)(**{o: _PLACEHOLDERS[o] for o in missing})
    return action.model_copy(update={o: getattr(placeholders, o) for o in missing})


def _request(request: Request, secrets: Collection[str]) -> str:
    """A request with its secrets redacted."""
    own = {s for s in secrets if "://" in s and request.url.startswith(s)}
    parts = urlsplit(request.url)
    url = f"{parts.scheme}://{parts.hostname}/{MASK}" if own else redact(request.url, secrets)
    lines = [f"{request.method} {url}", *(f"{k}: {redact(v, secrets)}" for k, v in request.headers.items())]
    body = redact(request.content.decode("utf-8", "replace"), secrets)
    return _printable("\n".join([*lines, "", body] if body else lines))


def _printable(text: str) -> str:
    return "\n".join(map(escape_terminal, text.split("\n")))
