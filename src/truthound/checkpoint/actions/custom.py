"""The user's own code as an action: a Python function, or a command."""

from __future__ import annotations

import math
import os
import re
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, BinaryIO, ClassVar, Self, cast

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic.json_schema import SkipJsonSchema

from truthound._internal import env_vars
from truthound._internal.options import Converted, option
from truthound._internal.redaction import MIN_SECRET_LENGTH, environment_secrets, is_secret, redact
from truthound._internal.text import number, plural
from truthound.checkpoint.actions.base import Action
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.custom_output import Output
from truthound.errors import ActionError, ConfigError, OptionErrors, TransientDeliveryError
from truthound.io.files import local_path, unwinding_on_sigterm
from truthound.io.flow import Flow, call, run_in_daemon_thread, wait_result
from truthound.io.request import encode_json
from truthound.results import ActionResult, ActionStatus, CheckpointResult

KILL_GRACE = 2.0
"""seconds between SIGTERM and SIGKILL"""
_TAIL = 9_900  # bytes kept of what a command prints; a result's texts have 10,000 characters
_DAY = 86_400.0  # longest single wait in seconds: systems count milliseconds in a bounded number
_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")  # a shell takes both
_OPERATORS = frozenset("|&;<>")


def _value(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(f'write the text that the command expects in quotes, such as "{str(value).lower()}"')  # noqa: TRY004 pydantic wants ValueError
    return str(value) if isinstance(value, int | float) else value


class CustomAction(Action):
    """Calls a Python function with the result, or runs a command.

    The command runs without a shell, so nothing in a result can become part of it. It finds TRUTHOUND_RESULT_STATUS,
    TRUTHOUND_CHECKPOINT and TRUTHOUND_RUN_ID in its environment. An exit code other than 0 is a failure (and is
    tried again if `retry_count` says so). When its time is over, the command and all processes it started are killed.
    """

    type: ClassVar[str] = "custom"
    action_type: ClassVar[str] = "custom"
    verbatim: ClassVar[frozenset[str]] = frozenset({"shell_command"})

    callback: SkipJsonSchema[Callable[..., Any] | None] = None
    """A function (or coroutine function) that takes the result; a mapping that it returns is added to the details."""
    shell_command: Annotated[str | list[str] | None, Field(repr=False)] = None
    """A command as text or as a list of words; `${VAR}` in a word is filled in when it runs."""
    shell: bool = False
    """Whether the text is for a shell (`/bin/sh`), with pipes and the like."""
    environment: Converted[
        dict[str, Annotated[SecretStr, BeforeValidator(_value)]], Mapping[str, SecretStr | str | int | float]
    ] = option(default_factory=dict)
    """Variables for the command, in addition to those of this process. Their values never appear in results."""
    working_directory: str | None = None
    """The folder it runs in. Default: the configuration's folder."""
    pass_result_as_json: bool = False
    """Whether the command gets the whole result as JSON on standard input."""
    capture_output: bool = True
    """Whether its output is kept in the details; otherwise it goes to standard error."""
    max_output_bytes: int | None = Field(default=64 * 1024 * 1024, ge=1)
    """How much it may print to standard output, and to standard error, where that is captured: one that prints more is
    ended as one whose time is over. Null: any amount. Its end is kept."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.callback is None) == (self.shell_command is None):
            raise ValueError("give either callback or shell_command")
        if self.callback is not None:
            options = (
                "shell", "environment", "working_directory", "pass_result_as_json", "capture_output", "max_output_bytes",
            )  # fmt: skip
            if given := [o for o in options if o in self.model_fields_set]:
                raise ValueError(f"{', '.join(given)}: only a shell_command takes this, a callback does not")
        for key in self.environment:
            if not key or "=" in key or "\0" in key:
                raise ValueError(f"{key!r} cannot be the name of an environment variable")
        if isinstance(self.shell_command, list) and self.shell:
            raise ValueError("shell: true takes the command as one text, not as a list")
        if self.shell_command is not None:
            words = _words(self.shell_command, shell=self.shell)
            if not self.shell and (
                wrong := [problem for word in words for problem in env_vars.describe_malformed(word)]
            ):
                raise OptionErrors(("shell_command", problem) for problem in wrong)
        return self

    @property
    def deadline(self) -> float | None:
        return self.timeout_seconds if self.callback else None

    def secrets(self) -> Iterator[str]:
        """Also the values of its environment, except short ones whose names do not mark them as secret."""
        values = {k: v.get_secret_value() for k, v in self.environment.items()}
        yield from (v for k, v in values.items() if len(v) > 4 or is_secret(k))
        yield from environment_secrets(os.environ)  # a callback and a command may print them
        commands = self.shell_command if isinstance(self.shell_command, list) else [self.shell_command or ""]
        known = os.environ | values
        found = (known.get(n, "") for c in commands for n in _VARIABLE.findall(c) if is_secret(n))
        yield from (value for value in found if len(value) >= MIN_SECRET_LENGTH)

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        if self.callback is None:
            return (yield from self._command(result, run))
        callback, label = self.callback, getattr(self.callback, "__qualname__", type(self.callback).__name__)
        made = yield from call(lambda: callback(result))
        if isinstance(made, ActionResult):
            return made
        details = dict(made) if isinstance(made, Mapping) else {} if made is None else {"returned": made}
        return ActionResult(ActionStatus.SUCCESS, message=f"called {label}", details=details)

    def _command(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        cwd = local_path(self.working_directory, run.base) if self.working_directory else run.base
        environment = self._environment(result)
        words = _words(cast("str | list[str]", self.shell_command), shell=self.shell)
        if not self.shell:
            words = [env_vars.expand_or_raise(word, environment) for word in words]
        sent = encode_json(result.to_dict()) if self.pass_result_as_json else None
        # long enough to redact a secret that begins before the part that is shown, with each byte encoded as %00 or \u0000
        keep = _TAIL + max((6 * len(s.encode("utf-8", "replace")) for s in self.secrets_to_redact), default=0)
        out, err = (Output(keep, self.max_output_bytes) for _ in range(2))
        with tempfile.TemporaryFile() as stdin:
            started: Future[subprocess.Popen[bytes]] = Future()
            try:
                # in a thread of its own: an interrupt must not come between the start of the process and its assignment
                run_in_daemon_thread(started, lambda: self._start(words, environment, cwd, sent, (stdin, out, err)))
                process = yield from call(lambda: wait_result(started), own_thread=True)
                code = yield from call(lambda: _wait(process, self.timeout_seconds), own_thread=True)
            except GeneratorExit:  # the flow is closed: no effect is performed any more
                _end(started)
                raise
            finally:  # interrupted or cancelled
                if not _ended(started):
                    try:  # it blocks for a while, which an event loop must not
                        yield from call(lambda: _end(started), own_thread=True)
                    except BaseException:  # interrupted again: kill it at once, as its thread may end with this process
                        with suppress(Exception):  # it did not start
                            _end_at_once(started.result(0))
                        raise
                for output in (out, err):
                    output.end()
            yield from call(lambda: all(output.drained() for output in (out, err)), own_thread=True)
        details = {
            "exit_code": code,
            "stdout": _tail(out, self.secrets_to_redact),
            "stderr": _tail(err, self.secrets_to_redact),
        }
        exceeded = out.exceeded or err.exceeded
        return self._outcome(words[0], details if self.capture_output else {"exit_code": code}, exceeded=exceeded)

    def _environment(self, result: CheckpointResult) -> dict[str, str]:
        """The environment of the command."""
        return {
            **os.environ,
            "TRUTHOUND_RESULT_STATUS": result.status.value,
            "TRUTHOUND_CHECKPOINT": _variable_value(result.checkpoint_name),
            "TRUTHOUND_RUN_ID": _variable_value(result.run_id),
            **{k: v.get_secret_value() for k, v in self.environment.items()},
        }

    def _start(
        self,
        words: list[str],
        environment: Mapping[str, str],
        cwd: Path | None,
        sent: bytes | None,
        streams: tuple[BinaryIO, Output, Output],
    ) -> subprocess.Popen[bytes]:
        """Starts the command. Its input is a file, so that a command that does not read it blocks nobody; its output is read while it runs."""
        stdin, out, err = streams
        if sent is not None:
            stdin.write(sent)
            stdin.seek(0)
        if cwd is not None and not cwd.is_dir():
            raise ConfigError(f"working_directory {cwd} is not a folder")
        captured = subprocess.PIPE if self.capture_output else 2
        try:
            process = subprocess.Popen(  # noqa: S603 the command is the user's own
                words[0] if self.shell else words,
                shell=self.shell,
                stdin=subprocess.DEVNULL if sent is None else stdin,
                stdout=captured,
                stderr=captured,
                bufsize=0,
                cwd=cwd,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            raise ActionError(_cannot_start(words[0], cwd, error)) from None
        for output, pipe in ((out, process.stdout), (err, process.stderr)):
            if pipe is not None:
                output.follow(cast("BinaryIO", pipe), lambda: _kill(process))
        return process

    def _outcome(self, program: str, details: dict[str, Any], *, exceeded: bool) -> ActionResult:
        label, code = "the command" if self.shell else self.redact_and_truncate(program, 100), details["exit_code"]
        if exceeded:
            problem = (
                f"{label} printed more than {number(self.max_output_bytes)} bytes (max_output_bytes) and was killed"
            )
            raise TransientDeliveryError(problem, **details)
        if code == 0:
            return ActionResult(ActionStatus.SUCCESS, message=f"ran {label}", details=details)
        if code is None:
            problem = f"{label} did not end within {number(self.timeout_seconds)} s (timeout_seconds) and was killed"
        elif code < 0:
            with suppress(ValueError):
                code = signal.Signals(-code).name
            problem = f"{label} was killed by {code}"
        else:
            problem = f"{label} ended with exit code {code}"
        last = [line.strip() for line in details.get("stderr", "").splitlines() if line.strip()][-3:]
        raise TransientDeliveryError(": ".join([problem, *([" / ".join(last)] if last else [])]), **details)


def _words(command: str | list[str], *, shell: bool) -> list[str]:
    """The command's words; raises ValueError for shell syntax."""
    if isinstance(command, list):
        words = command
    elif shell:
        words = [command]
    else:
        words = shlex.split(command)
        lexer = shlex.shlex(command, posix=False, punctuation_chars="".join(_OPERATORS))
        lexer.whitespace_split, lexer.commenters = True, ""
        if operator := next((word for word in lexer if word and set(word) <= _OPERATORS), None):
            raise ValueError(f'"{operator}" is for a shell: set shell: true, put it in quotes, or call a script')
    if not words or not words[0].strip():
        raise ValueError("the command is empty")
    if any("\0" in word for word in words):
        raise ValueError("the command holds a NUL character")
    return words


def _cannot_start(program: str, cwd: Path | None, error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return f'program "{program}" not found (run from {cwd or Path.cwd()}); give its path, or install it'
        case PermissionError():
            return f'"{program}" may not be executed; make it executable: chmod +x {shlex.quote(program)}'
        case _ if error.errno == 8:  # ENOEXEC
            return f'"{program}" is not a program; a script needs a first line such as #!/bin/sh, or shell: true'
        case _:
            return f'"{program}" could not be started: {error.strerror or error}'


def _wait(process: subprocess.Popen[bytes], seconds: float | None) -> int | None:
    """Its exit code, or None if it was killed. Waits always have a limit: Polars' handler of Ctrl-C restarts endless waits."""
    until = time.monotonic() + (math.inf if seconds is None else seconds)
    while True:
        try:
            with unwinding_on_sigterm():  # SIGTERM is for the command too
                return process.wait(min(until - time.monotonic(), _DAY))
        except subprocess.TimeoutExpired:
            if time.monotonic() >= until:
                _kill(process)
                return None


def _ended(started: Future[subprocess.Popen[bytes]]) -> bool:
    """Whether no command is running."""
    if not started.done():
        return started.cancel()  # if the thread has not started it yet, it will not start it now
    return started.cancelled() or started.exception() is not None or started.result().poll() is not None


def _end(started: Future[subprocess.Popen[bytes]]) -> None:
    """Ends the command, also if it is only just starting."""
    if not _ended(started):
        with suppress(Exception):  # it did not start; this was reported already
            _kill(wait_result(started))


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Ends the command and all processes it started: SIGTERM, then SIGKILL."""
    if not hasattr(os, "killpg"):  # Windows has no groups of processes
        process.kill()
        process.wait()
        return
    with suppress(ProcessLookupError, PermissionError):  # macOS may not signal a group whose members have all ended
        os.killpg(process.pid, signal.SIGTERM)
        until = time.monotonic() + KILL_GRACE
        try:
            with unwinding_on_sigterm():
                while time.monotonic() < until:
                    process.poll()  # reaps the leader once it has ended, so that the group becomes empty
                    os.killpg(process.pid, 0)
                    time.sleep(0.01)
        except (KeyboardInterrupt, SystemExit):  # interrupted again
            _end_at_once(process)
            raise
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _end_at_once(process: subprocess.Popen[bytes]) -> None:
    """Kills the command and all processes it started, without waiting for them."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _tail(output: Output, hidden: Collection[str]) -> str:
    """The end of the output, redacted. More than that is kept, so that no secret is cut before it is found."""
    longest = max((6 * len(s.encode("utf-8", "replace")) for s in hidden), default=0)
    kept, size = redact(output.tail.decode(errors="replace"), hidden), output.size
    if size <= _TAIL:
        return kept
    begun = longest if size > _TAIL + longest else 0  # a secret may begin before what was kept
    return f"… ({plural(size - _TAIL, 'byte')} before)\n{kept[begun:][-_TAIL:]}"


def _variable_value(text: str) -> str:
    """Text that an environment variable can hold."""
    return text.replace("\0", "")[:1000].encode(errors="replace").decode()
