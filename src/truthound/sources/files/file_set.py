"""Finds the local files of a data source and their format; explains problems before an engine reads them."""

from __future__ import annotations

import errno
import fnmatch
import glob
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from truthound._internal.text import did_you_mean, plural
from truthound.errors import ConfigError, SourceError
from truthound.sources.address import parse_address
from truthound.sources.spec import Spec

EXTENSIONS: dict[str, str] = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".psv": "csv", ".parquet": "parquet", ".pq": "parquet", ".parq": "parquet",
    ".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "json", ".arrow": "ipc", ".feather": "ipc", ".ipc": "ipc",
    ".arrows": "ipc", ".xlsx": "excel", ".xls": "excel", ".xlsm": "excel", ".xlsb": "excel", ".ods": "excel",
}  # fmt: skip
FORMATS: dict[str, str] = {
    **{f: f for f in ("csv", "parquet", "ndjson", "json", "ipc", "excel", "delta")},
    "tsv": "csv", "jsonl": "ndjson", "arrow": "ipc", "feather": "ipc", "xlsx": "excel", "pq": "parquet",
}  # fmt: skip
COMPRESSED = (".gz", ".zst")
PACKED = (".zip", ".bz2", ".xz", ".7z", ".tar", ".tgz", ".rar", ".lz4", ".br")
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"PAR1", "Parquet", "parquet"), (b"ARROW1", "Arrow IPC", "ipc"), (b"PK\x03\x04", "a zip archive or an Excel sheet", "excel"),
    (b"\xd0\xcf\x11\xe0", "an old Excel sheet", "excel"), (b"SQLite format 3", "a SQLite database", "sqlite"),
    (b"%PDF", "a PDF document", ""), (b"\x89PNG", "an image", ""), (b"\x7fELF", "a program", ""),
)  # fmt: skip


@dataclass(frozen=True)
class FileSet:
    """Files of one format. Below the folder `root`, folders named `key=value` are columns."""

    format: str
    files: tuple[Path, ...]
    root: Path | None = None

    @property
    def single(self) -> Path | None:
        return self.files[0] if len(self.files) == 1 and self.root is None else None


def format_by_name(word: str) -> str:
    """The format that a name in a configuration means."""
    if word.lower() not in FORMATS:
        raise ConfigError(
            f'data_source: format: "{word}" is not known{did_you_mean(word, FORMATS) or f"; known are {_joined(FORMATS)}"}'
        )
    return FORMATS[word.lower()]


def format_of(name: str) -> str | None:
    """The format of a file by its extension."""
    path = PurePath(name.lower())
    suffix = PurePath(path.stem).suffix if path.suffix in COMPRESSED else path.suffix
    return EXTENSIONS.get(suffix)


def is_glob(address: str) -> bool:
    return any(c in address for c in "*?[")


def find(address: str, base: Path | None, fmt: str | None) -> FileSet:
    """The files of a path, a folder or a glob. Raises SourceError if there are none."""
    wanted = format_by_name(fmt) if fmt else None
    path = _resolve(address, base)
    try:
        if path.is_dir():
            return _folder(path, wanted)
        if path.exists():
            return FileSet(wanted or _infer_format(path), (_readable(path),))
    except OSError as error:
        raise SourceError(_access_error(address, error)) from None
    if is_glob(address):
        return _globbed(address, path, wanted)
    raise SourceError(_not_found(address, path))


def matches(spec: Spec, base: Path | None, file: Path) -> bool:
    """Whether a file is one of the data source's files, or would be if it existed: itself, in its folder, or by its glob."""
    if spec.family == "sql":
        address = parse_address(spec.address)
        return address.dialect in ("sqlite", "duckdb") and _same(_resolve(address.database, base), file)
    return spec.family == "file" and _matches_path(_resolve(spec.address, base), spec.format, file)


def _matches_path(path: Path, fmt: str | None, file: Path) -> bool:
    if path.is_dir():
        if fmt == "delta" or (fmt is None and (path / "_delta_log").is_dir()):
            return any(
                _path_within(path, f) is not None for f in _real_paths(file)
            )  # every file in the folder of a Delta table belongs to it
        found = (_path_within(path, f) for f in _real_paths(file))
        return any(p is not None and not any(map(_hidden, p.parts)) and _of_format(p, fmt) for p in found)
    if path.exists() or not is_glob(str(path)):
        return _same(path, file)
    parts = path.parts
    fixed = next(i for i, part in enumerate(parts) if is_glob(part))
    for place in _real_paths(file):
        inside = _path_within(Path(*parts[:fixed]), place)
        meant = inside is not None and glob_matches(parts[fixed:], inside.parts)
        if meant and not _hidden(place.name) and _of_format(place, fmt):
            return True
    there = (Path(p) for p in glob.glob(os.fspath(path), recursive=True))  # noqa: PTH207 the pattern may be absolute
    return any(_same(p, file) and not _hidden(p.name) and _of_format(p, fmt) for p in there)


def _same(one: Path, other: Path) -> bool:
    """Whether two paths name the same file, which need not exist."""
    return one.resolve() == other.resolve() or (one.exists() and other.exists() and one.samefile(other))


def _real_paths(file: Path) -> set[Path]:
    """The path in its resolved folder, and the target if it is a link."""
    return {file.parent.resolve() / file.name, file.resolve()}


def _path_within(folder: Path, place: Path) -> PurePath | None:
    """The path relative to a folder, if it is inside it."""
    real = folder.resolve()
    for above in place.parents:
        if above == real or (above.exists() and real.exists() and above.samefile(real)):
            return place.relative_to(above)
    return None


def _of_format(file: PurePath, fmt: str | None) -> bool:
    """Whether a file may have the requested format, if there is one."""
    return fmt is None or format_of(file.name) in (None, format_by_name(fmt))


def glob_matches(pattern: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether the parts of a glob match those of a path, by the rules of the module `glob`."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        deeper = bool(parts) and not parts[0].startswith(".") and glob_matches(pattern, parts[1:])
        return deeper or glob_matches(pattern[1:], parts)
    if not parts or (parts[0].startswith(".") and not pattern[0].startswith(".")):
        return False
    return fnmatch.fnmatch(parts[0], pattern[0]) and glob_matches(pattern[1:], parts[1:])


def _resolve(address: str, base: Path | None) -> Path:
    try:
        path = Path(address).expanduser()
    except RuntimeError as error:  # no such user, or no home
        raise SourceError(f"{address}: {error}") from None
    return path if path.is_absolute() or base is None else base / path


def _infer_format(path: Path) -> str:
    fmt = format_of(path.name)
    if fmt is None:
        if path.suffix.lower() in PACKED:
            raise SourceError(
                f"{path.name}: {path.suffix} files are not unpacked; unpack it, or pack it as .gz or .zst"
            )
        raise SourceError(
            f"{path.name}: its extension does not determine the format; give a mapping with path and format: {_joined(FORMATS)}"
        )
    return fmt


def _readable(path: Path) -> Path:
    if not path.is_file() and not path.is_fifo():
        raise SourceError(f"{path.name} is neither a file nor a folder")
    if path.is_fifo():
        raise SourceError(f"{path.name} is a pipe, which can be read only once; write it to a file first")
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError:
        raise SourceError(
            f"{ascii(path.name)[1:-1]}: the path is not UTF-8, which the engine needs; rename the file"
        ) from None
    with path.open("rb"):
        return path


def _access_error(address: str, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"{address} cannot be opened: permission denied; the user who runs this needs the right to read it"
    if error.errno == errno.ENAMETOOLONG:
        return "the path of the data source is too long to be one"
    return f"{address} cannot be opened: {error.strerror}"


def _not_found(address: str, path: Path) -> str:
    folder = path.parent
    try:
        if not folder.is_dir():
            above = next((p for p in folder.parents if p.is_dir()), None)
            near = did_you_mean(folder.relative_to(above).parts[0], _names(above)) if above else ""
            return f"{address} does not exist: there is no folder {folder}{near}"
        near = did_you_mean(path.name, _names(folder))
    except OSError as error:
        return _access_error(address, error)
    return f"{address} does not exist in {folder.resolve()}{near}"


def _names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())[:10_000]


def _hidden(name: str) -> bool:
    """Whether a name marks an internal file of a writer: `_SUCCESS`, `.part-0.crc`; but not `_key=value`."""
    return name.startswith(".") or (name.startswith("_") and "=" not in name)


def _folder(path: Path, wanted: str | None) -> FileSet:
    if wanted == "delta" or (wanted is None and (path / "_delta_log").is_dir()):
        if not (path / "_delta_log").is_dir():
            raise SourceError(f"{path.name} is not a Delta table: it has no folder _delta_log")
        return FileSet("delta", (path,), path)
    found: list[Path] = []

    def refuse(error: OSError) -> None:
        raise error

    for folder, folders, names in os.walk(path, onerror=refuse):
        folders[:] = sorted(f for f in folders if not _hidden(f))
        found += [Path(folder) / n for n in sorted(names) if not _hidden(n)]
    if not found:
        raise SourceError(f"the folder {path} holds no data files")
    return FileSet(*_one_format(found, wanted, f"the folder {path}"), path)


def _globbed(address: str, path: Path, wanted: str | None) -> FileSet:
    found_paths = [Path(p) for p in sorted(glob.glob(os.fspath(path), recursive=True))]  # noqa: PTH207 the pattern may be absolute
    found = [p for p in found_paths if p.is_file() and not _hidden(p.name)]
    if not found:
        problem = "only folders match" if found_paths else "no file matches"
        raise SourceError(f"{problem} {address} (from {Path.cwd() if not path.is_absolute() else path.anchor})")
    fixed = path.parts[: next(i for i, part in enumerate(path.parts) if is_glob(part) or "=" in part)]
    fmt, files = _one_format(found, wanted, address)
    return FileSet(fmt, files, Path(*fixed))


def _one_format(found: list[Path], wanted: str | None, where: str) -> tuple[str, tuple[Path, ...]]:
    kinds: dict[str, list[Path]] = {}
    for file in found:
        kinds.setdefault(format_of(file.name) or "", []).append(file)
    if wanted:
        files = kinds.get(wanted, found)
    else:
        known = [k for k in kinds if k]
        if not known:
            raise SourceError(
                f"{where} holds no data files, but {plural(len(found), 'file')} such as {found[0].name}; give a format"
            )
        if len(known) > 1:
            counts = ", ".join(f"{len(kinds[k])} {k}" for k in sorted(known))
            raise SourceError(
                f"{where} holds files of several formats ({counts}); give a format, or a glob such as *{kinds[known[0]][0].suffix}"
            )
        wanted, files = known[0], kinds[known[0]]
    for file in files:
        _readable(file)
    return wanted, tuple(files)


def head(path: Path, size: int = 1 << 16) -> bytes:
    """The first bytes of a file."""
    with path.open("rb") as file:
        return file.read(size)


def describe_non_text(name: str, start: bytes) -> str | None:
    """A message if the first bytes of a file show that it is not text."""
    for magic, kind, fmt in _MAGIC:
        if start.startswith(magic):
            return f"{name} is not text but {kind}" + (f"; give format: {fmt}" if fmt else "")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return f"{name} is UTF-16; set options.encoding: utf-16"
    if b"\0" in start:
        return f"{name} is not text: it holds NUL bytes; if it is UTF-16, set options.encoding: utf-16"
    return None


def _joined(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))
