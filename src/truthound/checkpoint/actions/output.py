"""What a command prints, read while it runs: its end is kept, in bounded memory, and how much there was is counted."""

from __future__ import annotations

import os
import selectors
import threading
from collections.abc import Callable
from typing import BinaryIO

_PIECE = 64 * 1024
_REST = 1024 * 1024
"""bytes read after a command has ended, at most: a pipe holds no more, and what it left running may print without end"""
_TICK = 0.1
"""seconds after which a reader looks whether the command has ended: something it left running may keep the pipe open"""


class Output:
    """The end of one stream of a command, of `keep` bytes.

    Args:
        keep: bytes that are kept.
        limit: bytes that may be printed; None for any number.
    """

    def __init__(self, keep: int, limit: int | None) -> None:
        self._keep, self._limit = keep, limit
        self._kept = bytearray()
        self._over = threading.Event()
        self._reader: threading.Thread | None = None
        self.size = 0
        """bytes that were printed"""
        self.exceeded = False
        """whether that is more than may be printed"""

    @property
    def tail(self) -> bytes:
        """The last bytes that were printed."""
        return bytes(self._kept[-self._keep :])

    def follow(self, pipe: BinaryIO, stop: Callable[[], None]) -> None:
        """Reads the pipe in a thread of its own, and closes it at its end. `stop` is called when there is too much."""
        self._reader = threading.Thread(target=self._read, args=(pipe, stop), name="truthound", daemon=True)
        self._reader.start()

    def end(self) -> None:
        """To be called when the command has ended: its reader takes what is left in the pipe, and waits for no more."""
        self._over.set()

    def drained(self) -> bool:
        """Waits for the reader; says whether it is done. On Windows no pipe can be asked what it holds: that has a second."""
        if self._reader is None:
            return True
        self._reader.join(10 * _TICK if os.name == "nt" else None)
        return not self._reader.is_alive()

    def _read(self, pipe: BinaryIO, stop: Callable[[], None]) -> None:
        rest = _REST
        with pipe, selectors.DefaultSelector() as selector:
            if os.name != "nt":
                selector.register(pipe, selectors.EVENT_READ)
            while rest > 0:
                over = self._over.is_set()
                if os.name != "nt" and not selector.select(0 if over else _TICK):
                    if over:
                        return
                    continue
                piece = os.read(pipe.fileno(), _PIECE)
                if not piece:
                    return
                rest -= len(piece) if over else 0
                self._take(piece, stop)

    def _take(self, piece: bytes, stop: Callable[[], None]) -> None:
        self.size += len(piece)
        self._kept += piece
        if len(self._kept) > 2 * self._keep + _PIECE:
            del self._kept[: -self._keep]
        if self._limit is not None and self.size > self._limit and not self.exceeded:
            self.exceeded = True
            stop()
