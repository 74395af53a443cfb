"""What a data source is, from what the user wrote: no data is touched and no engine is loaded here."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from truthound._internal.text import did_you_mean
from truthound.errors import ConfigError
from truthound.sources.address import DATABASES, clean_url, sql_name

KEYS = ("path", "format", "options", "table", "query", "where", "url")
CLOUD = ("s3", "s3a", "gs", "gcs", "az", "azure", "abfs", "abfss", "adl", "https", "http")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_FRAMES = {"polars": "polars", "pandas": "pandas", "pyarrow": "pyarrow", "duckdb": "duckdb", "_duckdb": "duckdb"}
ACCEPTED = (
    "a path, a glob, a folder or a URL; a mapping with path or url; "
    "a Polars, pandas, PyArrow or DuckDB table; a dict of lists, or a list of dicts"
)


@dataclass(frozen=True)
class Spec:
    """A data source as it was asked for. `address` is a path or a URL and may hold a password; it is never shown."""

    family: Literal["file", "url", "sql", "memory"]
    name: str
    address: str = field(default="", repr=False)
    format: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    table: str | None = None
    query: str | None = field(default=None, repr=False)
    where: str | None = None
    data: Any = field(default=None, repr=False, compare=False)


def describe(spec: Any) -> str:
    """The display name of a data source, without secrets and without opening it."""
    name = getattr(spec, "name", None) if type(spec).__module__.startswith("truthound.") else None
    return name if isinstance(name, str) else parse_spec(spec).name


def parse_spec(spec: Any) -> Spec:
    """What a data source is. Raises ConfigError with every mistake in it."""
    match spec:
        case Spec():
            return spec
        case str() | os.PathLike():
            return _addressed(_text(spec), {})
        case Mapping() if not _columns(spec):
            return _mapped(spec)
        case Mapping():
            return Spec("memory", "dict of lists", format="columns", data=spec)
        case list() | tuple():
            return _rows(spec)
    kind = frame_kind(spec)
    if kind is None:
        raise ConfigError(f"data_source is {_article(type(spec).__name__)}; it may be {ACCEPTED}")
    return Spec("memory", f"{kind} {type(spec).__name__}", format=kind, data=spec)


def frame_kind(data: Any) -> str | None:
    """The library a table in memory is of, found by name, so that no library is imported to ask."""
    for cls in type(data).__mro__:
        kind = _FRAMES.get(cls.__module__.partition(".")[0])
        if kind is not None:
            return kind
    return "arrow" if hasattr(data, "__arrow_c_stream__") else None


def _article(word: str) -> str:
    return f"{'an' if word[:1].lower() in 'aeiou' else 'a'} {word}"


def _text(value: str | os.PathLike[Any]) -> str:
    text = os.fsdecode(value)
    if not text.strip():
        raise ConfigError(f"the data source is empty; it may be {ACCEPTED}")
    if "\0" in text:
        raise ConfigError("the path of the data source holds a NUL character")
    return text


def _columns(spec: Mapping[Any, Any]) -> bool:
    """Whether a mapping is data: names with a sequence of values each."""
    return bool(spec) and all(
        hasattr(v, "__len__") and not isinstance(v, str | bytes | Mapping | os.PathLike) for v in spec.values()
    )


def _rows(spec: list[Any] | tuple[Any, ...]) -> Spec:
    if not spec:
        raise ConfigError("the data source is an empty list; to check an empty table give its columns: {name: []}")
    wrong = next((row for row in spec if not isinstance(row, Mapping)), None)
    if wrong is not None:
        raise ConfigError(
            f"the data source is a list that holds {_article(type(wrong).__name__)}; a list of rows holds a dict for each"
        )
    return Spec("memory", "list of dicts", format="rows", data=spec)


def _mapped(spec: Mapping[Any, Any]) -> Spec:
    if not spec:
        raise ConfigError(f"the data source is an empty mapping; it may be {ACCEPTED}")
    problems = [f"{k}: unknown key{did_you_mean(str(k), KEYS)}" for k in spec if k not in KEYS]
    if problems and not ({"path", "url"} & set(spec)) and len(problems) == len(spec):
        problems.append(
            f"a data source that is a mapping has {', '.join(KEYS)}; data in columns has a list for each name"
        )
    given = {k: v for k, v in spec.items() if k in KEYS and v is not None}
    for key in KEYS:
        value = given.get(key)
        if key == "options":
            if value is not None and not isinstance(value, Mapping):
                problems.append(f"options: must be a mapping, not {_article(type(value).__name__)}")
        elif value is not None and not (isinstance(value, str) or (key == "path" and isinstance(value, os.PathLike))):
            problems.append(f"{key}: must be text, not {_article(type(value).__name__)}")
        elif isinstance(value, str) and not value.strip():
            problems.append(f"{key}: is empty")
    if "path" in given and "url" in given:
        problems.append("path, url: give one of them")
    elif "path" not in given and "url" not in given and not problems:
        problems.append("path: is missing; name a file, a folder or a URL")
    if "table" in given and "query" in given:
        problems.append("table, query: give one of them")
    if problems:
        raise ConfigError(f"data_source: {p}" for p in problems)
    address = _text(given.pop("path", None) or given.pop("url"))
    return _addressed(address, given)


def _addressed(address: str, given: Mapping[str, Any]) -> Spec:
    scheme = _SCHEME.match(address)
    fmt = given.get("format")
    kind = scheme[1].lower().partition("+")[0] if scheme else None
    rest = {k: given[k] for k in ("format", "options", "table", "query", "where") if k in given}
    if kind is None and (database := database_of(address, fmt)):
        slashes = "///" if not Path(address).is_absolute() else "///" + os.sep
        kind, address = database, f"{database}:{slashes}{address.lstrip(os.sep)}"
        rest.pop("format", None)
    if kind in DATABASES:
        _refuse(rest, ("format", "options"), "a database")
        table = None if "query" in given else given.get("table")
        return Spec("sql", sql_name(address, table, query="query" in given), address, **rest)
    if scheme and kind not in (*CLOUD, "file"):
        known = (*DATABASES, *CLOUD, "file")
        raise ConfigError(
            f'"{scheme[1]}://" is not a data source{did_you_mean(kind or "", known) or f"; known are {_listed(known)}"}'
        )
    _refuse(rest, ("table", "query"), "a file")
    if scheme and kind != "file":
        return Spec("url", clean_url(address), address, **rest)
    if scheme:
        address = _local(address)
    return Spec("file", address, address, **rest)


def database_of(path: str, fmt: str | None) -> str | None:
    """The database that a path without a scheme is a file of."""
    if fmt is not None:
        return fmt.lower() if fmt.lower() in ("sqlite", "duckdb") else None
    return {".sqlite": "sqlite", ".sqlite3": "sqlite", ".duckdb": "duckdb", ".ddb": "duckdb"}.get(
        Path(path).suffix.lower()
    )


def _refuse(given: Mapping[str, Any], keys: Iterable[str], kind: str) -> None:
    problems = [f"data_source: {k}: {kind} does not take it" for k in keys if given.get(k)]
    if problems:
        raise ConfigError(problems)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"{w}://" for w in words)


def _local(url: str) -> str:
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise ConfigError(f'"{url}" names the machine {parts.netloc}; a local file is file:///folder/name')
    return _text(unquote(parts.path))
