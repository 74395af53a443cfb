"""A spinner on the terminal while a command works."""

from __future__ import annotations

import sys
from contextlib import suppress
from threading import Event, Thread
from types import TracebackType
from typing import Self

from truthound._internal.escape import escape_terminal
from truthound.cli.output import wants_symbols

DELAY = 0.5
"""seconds before the spinner is shown"""


class Progress:
    """Shows `⠋ users: checking 0:00:03` on standard error during the block, if that is a terminal and the block takes long."""

    def __init__(self, text: str, *, quiet: bool = False, no_color: bool = False) -> None:
        self._text = escape_terminal(text)
        self._fancy = wants_symbols(sys.stderr, no_color=no_color)
        self._done = Event()
        self._thread = Thread(target=self._show, daemon=True) if sys.stderr.isatty() and not quiet else None

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

    def _show(self) -> None:
        if self._done.wait(DELAY):
            return
        from rich.console import Console
        from rich.progress import Progress as Bar
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        console = Console(file=sys.stderr, color_system="auto" if self._fancy else None, highlight=False, emoji=False)
        columns = (
            SpinnerColumn("dots" if self._fancy else "line", style=""),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
        )
        with (
            suppress(OSError),
            Bar(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as bar,
        ):
            bar.add_task(self._text, total=None)
            self._done.wait()
