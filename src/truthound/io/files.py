"""Local files: atomic writes, a folder as an object store, and names that are safe in a path."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import signal
import socket
import sys
import threading
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import FrameType
from urllib.parse import unquote, urlsplit

from truthound._internal.redaction import redact
from truthound.errors import ConfigError, StoreError

_TEMPORARY = ".tmp-"
_OWNED = re.compile(r"\.tmp-([0-9a-f]{8})-([0-9]+)-[0-9a-f]{16}")
_STALE = 24 * 3600
"""seconds after which an unchanged temporary file is stale, whoever wrote it"""
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/(?!$)")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?")  # devices on Windows, in any folder
_UNSAFE = re.compile(r"[^\w.-]")


def safe_name(text: str, longest: int = 80) -> str:
    """One path component from any text: letters, digits, `.`, `-` and `_`, at most so many bytes.

    A text that has to be changed gets a few digits of its hash, so that different texts stay different.
    """
    name = unicodedata.normalize("NFC", text)
    name = re.sub(r"^[.-]+", "_", _UNSAFE.sub("_", name)).rstrip(".") or "unnamed"
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    if name == text and len(name.encode()) <= longest:
        return name
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return name.encode()[: longest - 9].decode(errors="ignore") + "-" + digest


def local_path(location: str | Path, base: Path | None = None) -> Path:
    """The local path of a setting; relative ones start from `base`, or from the current folder."""
    text = str(location)
    if not text.strip():
        raise ConfigError("the path is empty")
    if "\0" in text:
        raise ConfigError("the path holds a NUL character")
    if scheme := _SCHEME.match(text):
        url = urlsplit(text)
        if scheme[1].lower() != "file" or url.netloc not in ("", "localhost"):
            raise ConfigError(
                f'"{redact(text)}" is not a local folder such as ./results, /var/results, file:///var/results'
            )
        text = unquote(url.path)
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:  # no such user, or no home
        raise ConfigError(f'"{text}": {error}') from None
    return path if path.is_absolute() or base is None else base / path


def add_lines(path: Path, content: bytes) -> None:
    """Appends lines to a file in one write; they begin on a new line even if the last one is not terminated."""
    apart = b"\n" if _is_unterminated(path) else b""
    with path.open("ab") as file:
        file.write(apart + content)


def _is_unterminated(path: Path) -> bool:
    """Whether the last line of a file is not terminated."""
    with contextlib.suppress(OSError):
        if path.is_file() and path.stat().st_size:
            with path.open("rb") as file:
                file.seek(-1, os.SEEK_END)
                return file.read(1) != b"\n"
    return False


@contextlib.contextmanager
def atomic_replacement(path: Path) -> Iterator[Path]:
    """A temporary path in the same folder: if the block succeeds, it is synced and replaces `path`; otherwise it is deleted.

    Raises StoreError if that is not possible; errors of the block are raised unchanged.
    """
    temporary = path.with_name(f"{_TEMPORARY}{_host()}-{os.getpid()}-{secrets.token_hex(8)}")
    with _store_errors(f"cannot write {path}"):
        path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent)
    _own_temporaries.add(temporary.name)
    try:
        with unwinding_on_sigterm():
            yield temporary
            with _store_errors(f"cannot write {path}"):
                with temporary.open("rb+") as file:
                    os.fsync(file.fileno())
                temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):  # the first error is the one to report
            temporary.unlink(missing_ok=True)
        raise
    finally:
        _own_temporaries.discard(temporary.name)
    sync_folder(path.parent)


_own_temporaries: set[str] = set()
"""temporary files that this process is writing"""


def _host() -> str:
    """A hash of this machine's name: process ids are meaningless on another one that shares the folder."""
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]


def sweep(folder: Path, depth: int = 0) -> None:
    """Deletes the temporary files of killed processes in a folder and its subfolders, down to `depth`. Files that cannot be
    deleted are left.
    """
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            owner = _OWNED.fullmatch(entry.name)
            if depth and owner is None and entry.is_dir(follow_symlinks=False):
                sweep(Path(entry), depth - 1)
            if owner is None or not entry.is_file(follow_symlinks=False):
                continue
            with contextlib.suppress(OSError):
                if _is_stale(owner, entry):
                    Path(entry).unlink()


def _is_stale(owner: re.Match[str], entry: os.DirEntry[str]) -> bool:
    host, pid = owner[1], int(owner[2])
    if host != _host() or sys.platform == "win32":  # os.kill would end a process of Windows
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > _STALE
    if (
        pid == os.getpid()
    ):  # or a file of an earlier process with this id: the first process of every container has the same one
        return entry.name not in _own_temporaries
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:  # alive, another user's
        return False
    return False


@contextlib.contextmanager
def unwinding_on_sigterm() -> Iterator[None]:
    """Turns SIGTERM into an exception within the block, as SIGINT is, unless the program handles it itself."""
    here = threading.current_thread() is threading.main_thread()
    if not here or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def end(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextlib.contextmanager
def _store_errors(what: str) -> Iterator[None]:
    """Raises the system's errors as StoreError."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{what}: {error.strerror or error}") from error


def sync_folder(folder: Path) -> None:
    """Makes a rename in a folder durable, if the system can."""
    with contextlib.suppress(OSError):  # Windows and some network file systems open no folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@dataclass(frozen=True, slots=True)
class Stored:
    """An object: its key (a path with `/`), its size in bytes, and when it was last written (seconds since 1970)."""

    key: str
    size: int
    modified: float


class LocalObjects:
    """A folder as an object store. It is created by the first `put`; links out of it are neither listed nor followed."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, data: bytes, *, modified: float | None = None) -> Path:
        """Writes an object atomically, replacing an older one; `modified` sets its time."""
        path = self._path(key)
        with _store_errors(f"cannot write {path}"):
            self._confine(path)
            with atomic_replacement(path) as temporary:
                temporary.write_bytes(data)
                if modified is not None:
                    os.utime(temporary, (modified, modified))
        return path

    def sweep(self, depth: int) -> None:
        """Deletes incomplete files of killed processes in the folder and its subfolders, down to `depth`."""
        sweep(self.root, depth)

    def display_path(self, key: str) -> str:
        """An object's location, for messages."""
        return str(self.root / key)

    def get(self, key: str) -> bytes | None:
        """An object's content, or None if it does not exist."""
        path = self._path(key)
        with _store_errors(f"cannot read {path}"):
            self._confine(path)
            try:
                return path.read_bytes()
            except FileNotFoundError:
                return None

    def delete(self, key: str) -> bool:
        """Deletes an object; returns whether it existed."""
        path = self._path(key)
        with _store_errors(f"cannot delete {path}"):
            self._confine(path)
            try:
                path.unlink()
            except FileNotFoundError:
                return False
        return True

    def list(self, depth: int = 8) -> Iterator[Stored]:
        """The objects in the folder and its subfolders, down to `depth`, in no order; none if the folder does not exist."""
        yield from self._list(self.root, "", depth)

    def _list(self, folder: Path, prefix: str, depth: int) -> Iterator[Stored]:
        with _store_errors(f"cannot list {folder}"):
            try:
                entries = list(os.scandir(folder))
            except FileNotFoundError:  # not created yet, or deleted in the meantime
                return
        for entry in entries:
            if entry.name.startswith(_TEMPORARY) or entry.is_symlink():
                continue
            if entry.is_file(follow_symlinks=False):
                with contextlib.suppress(FileNotFoundError):  # another process deleted it meanwhile
                    status = entry.stat(follow_symlinks=False)
                    yield Stored(prefix + entry.name, status.st_size, status.st_mtime)
            elif depth and entry.is_dir(follow_symlinks=False):
                yield from self._list(folder / entry.name, f"{prefix}{entry.name}/", depth - 1)

    def _path(self, key: str) -> Path:
        return self.root.joinpath(*PurePosixPath(checked_key(key)).parts)

    def _confine(self, path: Path) -> None:
        """Refuses a path that leads out of the folder through a link."""
        if not path.parent.resolve().is_relative_to(self.root.resolve()) or path.is_symlink():
            raise StoreError(f"{path} leads out of {self.root} through a link; it is left alone")


def checked_key(key: str) -> str:
    """The key, if it stays within the store."""
    parts = PurePosixPath(key).parts
    if not parts or key.startswith("/") or "\\" in key or "\0" in key or any(p == ".." for p in parts):
        raise StoreError(f"{key!r} is not a key: give a relative path without '..'")
    return key
