"""Downloads remote text files to a folder, where they are read like local files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from truthound.errors import SourceError, TruthoundError
from truthound.io import http_client, object_storage
from truthound.sources.files.file_set import glob_matches, is_glob

_SECONDS = 60.0
"""without any data for this long, the download fails"""
_LONGEST_NAME = 100


class DownloadError(Exception):
    """The server did not send the file."""


def download(url: str, folder: Path) -> tuple[Path, ...]:
    """Downloads a file, or the files of a glob or a prefix in a bucket, to a folder.

    Raises:
        DownloadError: The server did not send the file; the message has its status or reason.
        SourceError: The bucket needs a package that is not installed.
    """
    try:
        if urlsplit(url).scheme in ("http", "https"):
            return (_from_web(url, folder),)
        return tuple(_from_bucket(url, folder))
    except TruthoundError as error:
        if isinstance(error, SourceError):
            raise
        raise DownloadError(str(error)) from None


def addresses(url: str) -> list[str]:
    """The URLs of the objects that a glob or a prefix matches; none if they cannot be listed."""
    scheme, _, rest = url.partition("://")
    name, _, key = rest.partition("/")
    if scheme in ("http", "https") or not (is_glob(key) or key.endswith("/")) or not object_storage.installed():
        return []
    try:
        return [f"{scheme}://{name}/{found}" for found in sorted(_matching(_bucket(scheme, name), key))]
    except TruthoundError:  # the engine's reader says what is wrong
        return []


def _bucket(scheme: str, name: str) -> object_storage.CloudObjects:
    return object_storage.CloudObjects(f"{'az' if scheme == 'adl' else scheme}://{name}")


def _from_web(url: str, folder: Path) -> Path:
    path = folder / _name(unquote(urlsplit(url).path))
    with path.open("wb") as file:
        status = http_client.download(http_client.Request("GET", url, seconds=_SECONDS), file)
    if status != 200:
        raise DownloadError(f"the server answers with status {status}")
    return path


def _from_bucket(url: str, folder: Path) -> Iterator[Path]:
    if not object_storage.installed():
        raise SourceError(f"text in a bucket needs the extra cloud: {object_storage.MISSING}")
    scheme, _, rest = url.partition("://")
    name, _, key = rest.partition("/")
    bucket = _bucket(scheme, name)
    keys = [key] if not is_glob(key) and not key.endswith("/") else sorted(_matching(bucket, key))
    if not keys:
        raise DownloadError("no object matches it (404)")
    for i, one in enumerate(keys):
        (folder / str(i)).mkdir()
        path = folder / str(i) / _name(one)
        with path.open("wb") as file:
            if not bucket.download(one, file):
                raise DownloadError("there is no such object (404)")
        yield path


def _matching(bucket: object_storage.CloudObjects, pattern: str) -> Iterator[str]:
    """The objects that a glob matches, or those below a prefix, without internal files of writers."""
    parts = PurePosixPath(pattern).parts
    fixed = next((i for i, part in enumerate(parts) if is_glob(part)), len(parts))
    prefix = "/".join(parts[:fixed])
    for found in bucket.below(f"{prefix}/" if prefix else ""):
        inside = PurePosixPath(found).parts
        if inside[-1].startswith((".", "_")) or found.endswith("/"):
            continue
        if fixed == len(parts) or glob_matches(parts[fixed:], inside[fixed:]):
            yield found


def _name(path: str) -> str:
    """A valid local file name; the extension, which determines the format, is kept."""
    name = PurePosixPath(path).name.replace("\0", "_") or "data"
    return name[-_LONGEST_NAME:] if len(name.encode()) > _LONGEST_NAME else name
