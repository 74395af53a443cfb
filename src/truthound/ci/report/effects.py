"""What a report to a CI system consists of, as values, and the flow that carries it out."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from truthound._internal.escape import escape_terminal
from truthound._internal.text import first_line, shorten
from truthound.errors import RetryableError, TruthoundError
from truthound.io import http_client
from truthound.io.files import add_lines, replacing
from truthound.io.flow import Flow, call, http, retry

_SECONDS = 30
_PASSING = {408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class Print:
    """Lines for the log, without the last one's end."""

    text: str


@dataclass(frozen=True, slots=True)
class Write:
    """A file; it is replaced, or added to. `then` is a line for the log, once it is written."""

    path: str
    text: str
    append: bool = False
    then: str = ""


@dataclass(frozen=True, slots=True)
class Pipe:
    """A text for a program's standard input."""

    command: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Send:
    """Requests, one after the other; the first that is refused ends them. `accepted` are further status codes that are well."""

    what: str
    requests: tuple[http_client.Request, ...]
    accepted: tuple[int, ...] = ()


Output = Print | Write | Pipe | Send


def perform(
    outputs: Iterable[Output], show: Callable[[str], None], done: Callable[[Output], None] = lambda _: None
) -> Flow[list[str]]:
    """Carries all of it out and returns what could not be: one that fails does not hinder the others. `done` hears of the rest."""
    problems: list[str] = []
    gone: set[str] = set()  # programs that are not there, or answer nobody: told once, waited for once
    for output in outputs:
        if isinstance(output, Pipe) and output.command[0] in gone:
            continue
        try:
            yield from _one(output, show)
            done(output)
        except _GoneError as error:
            gone.add(error.program)
            problems.append(f"{escape_terminal(_named(output))}: {error}")
        except OSError as error:
            problems.append(f"{escape_terminal(_named(output))}: {error.strerror or type(error).__name__}")
        except TruthoundError as error:
            problems.append(f"{escape_terminal(_named(output))}: {escape_terminal(first_line(error))}")
    return problems


class _GoneError(TruthoundError):
    def __init__(self, program: str, said: str) -> None:
        super().__init__(said)
        self.program = program


def _named(output: Output) -> str:
    match output:
        case Print():
            return "the log"
        case Write(path=path):
            return path
        case Pipe(command=command):
            return " ".join(command[:2])
        case Send(what=what):
            return what


def _one(output: Output, show: Callable[[str], None]) -> Flow[None]:
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
                    lambda _, request=request: _sent(request, accepted),  # type: ignore[misc]
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
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def _pipe(command: tuple[str, ...], text: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603 a list, no shell
            command, input=text.encode("utf-8", "replace"), capture_output=True, timeout=_SECONDS, check=False
        )
    except FileNotFoundError:
        raise _GoneError(command[0], f"{command[0]} is not on PATH") from None
    except OSError as error:
        raise _GoneError(command[0], f"{command[0]} cannot be run: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise _GoneError(command[0], f"not done within {_SECONDS:g} s") from None
    if done.returncode:
        said = shorten(" ".join((done.stderr or done.stdout).decode("utf-8", "replace").split()), 200)
        raise TruthoundError(f"exit {done.returncode}: {said}")


def _sent(request: http_client.Request, accepted: tuple[int, ...]) -> Flow[None]:
    answer = yield from http(request)
    if answer.status in _PASSING:
        after = answer.headers.get("retry-after", "")
        error = RetryableError(f"{request.where} answered {answer.status}")
        error.after = float(after) if after.isascii() and after.isdigit() and len(after) < 6 else 0.0
        raise error
    if not (200 <= answer.status < 300 or answer.status in accepted):
        raise TruthoundError(f"{request.where} answered {answer.status}: {shorten(' '.join(answer.text.split()), 200)}")
