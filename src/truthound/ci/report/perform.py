"""Carries out a report to a CI system: prints, writes, pipes and sends its outputs."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from truthound._internal.escape import escape_terminal
from truthound._internal.text import first_line, shorten
from truthound.ci.report.outputs import Output, Pipe, Print, Send, Write
from truthound.errors import RetryableError, TruthoundError
from truthound.io import http_client
from truthound.io.files import add_lines, atomic_replacement
from truthound.io.flow import Flow, call, http, retry

_SECONDS = 30
_TEMPORARY = {408, 425, 429, 500, 502, 503, 504}


def perform(
    outputs: Iterable[Output], show: Callable[[str], None], done: Callable[[Output], None] = lambda _: None
) -> Flow[list[str]]:
    """Carries out all outputs and returns the problems: one that fails does not stop the others. `done` is called for the rest."""
    problems: list[str] = []
    gone: set[str] = set()  # programs that are missing or hang: reported once, waited for once
    for output in outputs:
        if isinstance(output, Pipe) and output.command[0] in gone:
            continue
        try:
            yield from _perform_one(output, show)
            done(output)
        except _ProgramError as error:
            gone.add(error.program)
            problems.append(f"{escape_terminal(_label(output))}: {error}")
        except OSError as error:
            problems.append(f"{escape_terminal(_label(output))}: {error.strerror or type(error).__name__}")
        except TruthoundError as error:
            problems.append(f"{escape_terminal(_label(output))}: {escape_terminal(first_line(error))}")
    return problems


class _ProgramError(TruthoundError):
    def __init__(self, program: str, message: str) -> None:
        super().__init__(message)
        self.program = program


def _label(output: Output) -> str:
    match output:
        case Print():
            return "the log"
        case Write(path=path):
            return path
        case Pipe(command=command):
            return " ".join(command[:2])
        case Send(what=what):
            return what


def _perform_one(output: Output, show: Callable[[str], None]) -> Flow[None]:
    match output:
        case Print(text=text):
            show(text)
        case Write(path=path, text=text, append=append, then=then):
            yield from call(lambda: _write(Path(path), text.encode("utf-8", "replace"), append=append))
            if then:
                show(then)
        case Pipe(command=command, text=text):
            yield from call(lambda: _pipe(command, text))
        case Send(requests=requests, accepted=accepted):
            for request in requests:
                yield from retry(
                    lambda _, request=request: _send(request, accepted),  # type: ignore[misc]
                    retries=2,
                    delay=1.0,
                    retryable=lambda e: isinstance(e, RetryableError),
                    patience=60.0,
                )


def _write(path: Path, content: bytes, *, append: bool) -> None:
    if append:
        add_lines(path, content)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_replacement(path) as temporary:
        temporary.write_bytes(content)


def _pipe(command: tuple[str, ...], text: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603 a list, no shell
            command, input=text.encode("utf-8", "replace"), capture_output=True, timeout=_SECONDS, check=False
        )
    except FileNotFoundError:
        raise _ProgramError(command[0], f"{command[0]} is not on PATH") from None
    except OSError as error:
        raise _ProgramError(command[0], f"{command[0]} cannot be run: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise _ProgramError(command[0], f"not finished within {_SECONDS:g} s") from None
    if done.returncode:
        output = shorten(" ".join((done.stderr or done.stdout).decode("utf-8", "replace").split()), 200)
        raise TruthoundError(f"exit {done.returncode}: {output}")


def _send(request: http_client.Request, accepted: tuple[int, ...]) -> Flow[None]:
    response = yield from http(request)
    if response.status in _TEMPORARY:
        after = response.headers.get("retry-after", "")
        error = RetryableError(f"{request.where} answered {response.status}")
        error.after = float(after) if after.isascii() and after.isdigit() and len(after) < 6 else 0.0
        raise error
    if not (200 <= response.status < 300 or response.status in accepted):
        raise TruthoundError(
            f"{request.where} answered {response.status}: {shorten(' '.join(response.text.split()), 200)}"
        )
