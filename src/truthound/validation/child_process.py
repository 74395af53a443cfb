"""Runs a job in a child process, so that a time limit really stops the work.

The engine's threads cannot be interrupted from inside, so the child is killed. It reads the job from standard input and
writes pickled outcomes as they are known, then the result.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from truthound import errors
from truthound._internal.redaction import describe_exception
from truthound._internal.text import number
from truthound.errors import ConfigError, SourceError, TruthoundError
from truthound.results import ValidationResult

if TYPE_CHECKING:
    from truthound.validation.job import Job
    from truthound.validation.session import Answer
    from truthound.validators.base import Check


def run_in_child(job: Job, timeout_seconds: float) -> Answer:
    """The answer of a job that runs in a child process; checks without an outcome in time are errors."""
    started = time.monotonic()
    sent = _pickled(job)
    command = [sys.executable, "-m", "truthound.validation.child_process"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p or str(Path.cwd()) for p in sys.path)}
    pipe = subprocess.PIPE
    with subprocess.Popen(  # noqa: S603 our own module
        command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, start_new_session=True
    ) as child:
        answers, stderr, late = _exchange(child, sent, started + timeout_seconds)
        code = child.wait()
    return _answer(answers, code, stderr, timeout_seconds if late else None, time.monotonic() - started)


def _pickled(job: Job) -> bytes:
    try:
        return pickle.dumps(job)
    except Exception as error:  # noqa: BLE001 pickle raises whatever the objects raise
        raise ConfigError(
            f"timeout_seconds runs the work in a child process, and this cannot be sent to one: {error}. "
            "Define functions at the top of an importable module, or leave timeout_seconds out"
        ) from None


def _exchange(
    child: subprocess.Popen[bytes], sent: bytes, deadline: float
) -> tuple[list[tuple[str, Any]], bytes, bool]:
    """The child's answers, its standard error, and whether the deadline passed, at which the child is killed."""
    answers: list[tuple[str, Any]] = []
    stderr: list[bytes] = []
    threads = [
        threading.Thread(target=_send, args=(child.stdin, sent), daemon=True),
        threading.Thread(target=_receive, args=(child.stdout, answers), daemon=True),
        threading.Thread(target=lambda: stderr.append(child.stderr.read() if child.stderr else b""), daemon=True),
    ]
    for thread in threads:
        thread.start()
    receiving = threads[1]
    try:
        receiving.join(max(deadline - time.monotonic(), 0))
        late = receiving.is_alive()
    finally:  # on Ctrl-C too
        if child.poll() is None and (receiving.is_alive() or not answers):
            _kill(child)
    for thread in threads:
        thread.join(5)
    return answers, b"".join(stderr), late


def _answer(answers: list[tuple[str, Any]], code: int, stderr: bytes, timeout: float | None, seconds: float) -> Answer:
    kinds = dict(answers)
    if "result" in kinds:
        answer: Answer = kinds["result"]
        return answer
    if "error" in kinds:
        name, message = kinds["error"]
        raise getattr(errors, name, SourceError)(message)
    if timeout is None:
        last = " ".join(stderr.decode(errors="replace").strip().splitlines()[-3:])
        raise SourceError(f"the validation's process ended with code {code}" + (f": {last}" if last else ""))
    late = f"stopped after {number(float(timeout))} s (timeout_seconds)"
    found = {o.id: o for kind, o in answers if kind == "outcome"}
    if "checks" not in kinds:
        raise SourceError(f"{late}, before the data could be opened")
    source, unfinished = kinds["checks"]
    outcomes = tuple(found.get(o.id) or replace(o, error=late) for o in unfinished)
    return ValidationResult(source, outcomes, notes=(late,), duration_ms=round(seconds * 1000, 3)), {}


def _send(stdin: BinaryIO | None, sent: bytes) -> None:
    if stdin is None:
        return
    try:
        stdin.write(sent)
        stdin.close()
    except OSError:  # the child died; its exit code says so
        return


def _receive(stdout: BinaryIO | None, answers: list[tuple[str, Any]]) -> None:
    while stdout is not None:
        try:
            answers.append(pickle.load(stdout))  # noqa: S301 written by our child
        except (EOFError, pickle.UnpicklingError, ValueError, OSError):
            return


def _kill(child: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
    else:
        child.kill()


def main() -> None:
    """Runs in the child: reads a job, writes outcomes and a result."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a user's function may print to standard output

    def send(kind: str, value: Any) -> None:
        pickle.dump((kind, value), out)
        out.flush()

    try:
        job = pickle.load(sys.stdin.buffer)  # noqa: S301 written by our parent
        from truthound.validation.outcomes import error_outcome
        from truthound.validation.session import run_job

        def started(source: str, checks: Mapping[str, Check]) -> None:
            send("checks", (source, [error_outcome(key, check, "") for key, check in checks.items()]))

        send("result", run_job(job, lambda outcome: send("outcome", outcome), started))
    except ConfigError as error:  # its subclasses are made of other arguments
        send("error", ("ConfigError", list(error.problems)))
    except TruthoundError as error:
        send("error", (type(error).__name__, str(error)))
    except Exception as error:  # noqa: BLE001 the parent reports whatever ended the child
        send("error", ("SourceError", describe_exception(error)))


if __name__ == "__main__":
    main()
