"""The output of a running command: its last bytes are kept, and all are counted."""

from __future__ import annotations

import os
import selectors
import threading
from collections.abc import Callable
from typing import BinaryIO

_CHUNK = 64 * 1024
_MAX_REST = 1024 * 1024
"""bytes read after the command has ended: the capacity of a pipe; a process left running may print forever"""
_POLL = 0.1
"""seconds between checks whether the command has ended: a process left running may keep the pipe open"""


class Output:
    """The last `keep` bytes of one stream of a command, which may print `limit` bytes (None: any number)."""

    def __init__(self, keep: int, limit: int | None) -> None:
        self._keep, self._limit = keep, limit
        self._kept = bytearray()
        self._ended = threading.Event()
        self._reader: threading.Thread | None = None
        self.size = 0
        """bytes printed so far"""
        self.exceeded = False
        """whether that is more than the limit"""

    @property
    def tail(self) -> bytes:
        """The last bytes."""
        return bytes(self._kept[-self._keep :])

    def follow(self, pipe: BinaryIO, stop: Callable[[], None]) -> None:
        """Reads the pipe in a thread, and closes it at its end. `stop` is called when the limit is exceeded."""
        self._reader = threading.Thread(target=self._read, args=(pipe, stop), name="truthound", daemon=True)
        self._reader.start()

    def end(self) -> None:
        """To be called when the command has ended: the reader reads what is left in the pipe, and stops."""
        self._ended.set()

    def drained(self) -> bool:
        """Waits for the reader, and returns whether it has finished. On Windows, where a pipe cannot be polled, it waits a second."""
        if self._reader is None:
            return True
        self._reader.join(10 * _POLL if os.name == "nt" else None)
        return not self._reader.is_alive()

    def _read(self, pipe: BinaryIO, stop: Callable[[], None]) -> None:
        rest = _MAX_REST
        with pipe, selectors.DefaultSelector() as selector:
            if os.name != "nt":
                selector.register(pipe, selectors.EVENT_READ)
            while rest > 0:
                ended = self._ended.is_set()
                if os.name != "nt" and not selector.select(0 if ended else _POLL):
                    if ended:
                        return
                    continue
                chunk = os.read(pipe.fileno(), _CHUNK)
                if not chunk:
                    return
                rest -= len(chunk) if ended else 0
                self._append(chunk, stop)

    def _append(self, chunk: bytes, stop: Callable[[], None]) -> None:
        self.size += len(chunk)
        self._kept += chunk
        if len(self._kept) > 2 * self._keep + _CHUNK:
            del self._kept[: -self._keep]
        if self._limit is not None and self.size > self._limit and not self.exceeded:
            self.exceeded = True
            stop()
