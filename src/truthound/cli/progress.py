"""A line on the terminal that something is going on."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Self

from truthound._internal.escape import escape_terminal
from truthound._internal.text import duration
from truthound.cli.output import fancy, width

PATIENCE = 0.5
"""seconds before anything is shown"""
_TURN = 0.1
_FRAMES = ("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\")


class Progress:
    """Shows `⠋ users: checking  3 s` on standard error while the block runs, if that is a terminal and it takes long."""

    def __init__(self, text: str, *, quiet: bool = False, no_color: bool = False) -> None:
        self._text = escape_terminal(text)
        self._frames = _FRAMES[not fancy(sys.stderr, no_color=no_color)]
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._turn, daemon=True) if sys.stderr.isatty() and not quiet else None

    def __enter__(self) -> Self:
        if self._thread:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        if self._thread:
            self._thread.join()

    def _turn(self) -> None:
        from truthound.reporters.terminal import Look

        started, turn, last = time.monotonic(), 0, 0
        if self._done.wait(PATIENCE):
            return
        while True:
            seconds = time.monotonic() - started
            passed = duration(seconds) if seconds >= 60 else f"{seconds:.0f} s"
            line = f"{self._frames[turn % len(self._frames)]} {self._text}  {passed}"
            line = Look(max(width(sys.stderr) - 1, 10)).fit(line, max(width(sys.stderr) - 1, 10))
            sys.stderr.write(f"\r{line}{' ' * max(last - len(line), 0)}")
            sys.stderr.flush()
            last, turn = len(line), turn + 1
            if self._done.wait(_TURN):
                sys.stderr.write(f"\r{' ' * (last + 1)}\r")
                sys.stderr.flush()
                return
