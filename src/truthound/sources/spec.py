"""Parses the specification of a data source. No data are read and no engine is loaded here."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from truthound._internal import plugins
from truthound._internal.text import did_you_mean
from truthound.engine.condition import Condition
from truthound.errors import ConfigError
from truthound.sources.address import DATABASES, clean_url, sql_name

KEYS = ("path", "format", "options", "table", "query", "where", "url")
GROUP = "truthound.sources"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_FRAMES = {"polars": "polars", "pandas": "pandas", "pyarrow": "pyarrow", "duckdb": "duckdb", "_duckdb": "duckdb"}
ACCEPTED = (
    "a path, a glob, a folder or a URL; a mapping with path or url; "
    "a Polars, pandas, PyArrow or DuckDB table; a dict of lists, or a list of dicts"
)


@dataclass(frozen=True)
class SourceFamily:
    """A kind of data source: what it is called, the URL schemes and mapping keys that it takes, and what opens it."""

    noun: str
    opener: str
    """`module:function` of this package: (spec, base, whole) -> Source. Imported when a source is opened."""
    schemes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    """Besides `path`, `url` and `where`."""


FAMILIES: dict[str, SourceFamily] = {
    "file": SourceFamily("a file", "files.open:open_files", ("file",), ("format", "options")),
    "url": SourceFamily(
        "a file", "remote.open:open_url",
        ("s3", "s3a", "gs", "gcs", "az", "azure", "abfs", "abfss", "adl", "https", "http"), ("format", "options"),
    ),
    "sql": SourceFamily("a database", "databases.open:open_sql", tuple(DATABASES), ("table", "query")),
    "memory": SourceFamily("a table in memory", "memory.open:open_table"),
}  # fmt: skip
"""Any other family is a plugin's: see `SourcePlugin`."""
PLUGIN_OPENER = "plugins:open_with_plugin"
_FAMILY_OF_SCHEME = {scheme: name for name, family in FAMILIES.items() for scheme in family.schemes}


@dataclass(frozen=True)
class Spec:
    """A data source as it was specified. `address` is a path or a URL and may hold a password; it is never shown."""

    family: str
    """A name of `FAMILIES`, or of a plugin."""
    name: str
    address: str = field(default="", repr=False)
    format: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    table: str | None = None
    query: str | None = field(default=None, repr=False)
    where: Condition | None = None
    """Only rows for which this is true."""
    sql_where: str | None = field(default=None, repr=False)
    """The same for a database, in its own SQL."""
    data: Any = field(default=None, repr=False, compare=False)


def describe(spec: Any) -> str:
    """The display name of a data source, without secrets and without opening it."""
    name = getattr(spec, "name", None) if type(spec).__module__.startswith("truthound.") else None
    return name if isinstance(name, str) else parse_spec(spec).name


def parse_spec(spec: Any) -> Spec:
    """Parses a data source. Raises ConfigError with every problem."""
    match spec:
        case Spec():
            return spec
        case str() | os.PathLike():
            return _parse_address(_checked_text(spec), {})
        case Mapping() if not _is_columns(spec):
            return _parse_mapping(spec)
        case Mapping():
            return Spec("memory", "dict of lists", format="columns", data=spec)
        case list() | tuple():
            return _parse_rows(spec)
    kind = frame_kind(spec)
    if kind is None and (plugin := accepting_plugin(spec)):
        return Spec(plugin, f"{plugin} {type(spec).__name__}", data=spec)
    if kind is None:
        raise ConfigError(f"data_source is {_with_article(type(spec).__name__)}; it may be {ACCEPTED}")
    return Spec("memory", f"{kind} {type(spec).__name__}", format=kind, data=spec)


def frame_kind(data: Any) -> str | None:
    """The library of a table in memory, found by the name of its module, so that no library is imported."""
    for cls in type(data).__mro__:
        kind = _FRAMES.get(cls.__module__.partition(".")[0])
        if kind is not None:
            return kind
    return "arrow" if hasattr(data, "__arrow_c_stream__") else None


def _with_article(word: str) -> str:
    return f"{'an' if word[:1].lower() in 'aeiou' else 'a'} {word}"


def _checked_text(value: str | os.PathLike[Any]) -> str:
    text = os.fsdecode(value)
    if not text.strip():
        raise ConfigError(f"the data source is empty; it may be {ACCEPTED}")
    if "\0" in text:
        raise ConfigError("the path of the data source holds a NUL character")
    return text


def _is_columns(spec: Mapping[Any, Any]) -> bool:
    """Whether a mapping is data: a sequence of values for each name."""
    return bool(spec) and all(
        hasattr(v, "__len__") and not isinstance(v, str | bytes | Mapping | os.PathLike) for v in spec.values()
    )


def _parse_rows(spec: list[Any] | tuple[Any, ...]) -> Spec:
    if not spec:
        raise ConfigError("the data source is an empty list; to check an empty table give its columns: {name: []}")
    wrong = next((row for row in spec if not isinstance(row, Mapping)), None)
    if wrong is not None:
        raise ConfigError(
            f"the data source is a list that holds {_with_article(type(wrong).__name__)}; a list of rows holds a dict for each"
        )
    return Spec("memory", "list of dicts", format="rows", data=spec)


def _parse_mapping(spec: Mapping[Any, Any]) -> Spec:
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
                problems.append(f"options: must be a mapping, not {_with_article(type(value).__name__)}")
        elif value is not None and not (isinstance(value, str) or (key == "path" and isinstance(value, os.PathLike))):
            problems.append(f"{key}: must be text, not {_with_article(type(value).__name__)}")
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
    address = _checked_text(given.pop("path", None) or given.pop("url"))
    return _parse_address(address, given)


def _condition(where: str) -> Condition:
    try:
        return Condition(where)
    except ValueError as error:
        raise ConfigError(f"data_source: where: {error}") from None


def _parse_address(address: str, given: Mapping[str, Any]) -> Spec:
    scheme = _SCHEME.match(address)
    fmt = given.get("format")
    kind = scheme[1].lower().partition("+")[0] if scheme else None
    rest = {k: given[k] for k in ("format", "options", "table", "query", "where") if k in given}
    if kind is None and (database := database_of(address, fmt)):
        slashes = "///" if not Path(address).is_absolute() else "///" + os.sep
        kind, address = database, f"{database}:{slashes}{address.lstrip(os.sep)}"
        rest.pop("format", None)
    family = _FAMILY_OF_SCHEME.get(kind or "file")
    if family == "sql":
        rest["sql_where"] = rest.pop("where", None)
    elif "where" in rest:
        rest["where"] = _condition(rest["where"])
    if family is None:
        return Spec(_plugin_of_scheme(str(kind), address), clean_url(address), address, **rest)
    _refuse_unsupported(rest, FAMILIES[family])
    if family == "sql":
        table = None if "query" in given else given.get("table")
        return Spec(family, sql_name(address, table, query="query" in given), address, **rest)
    if family == "url":
        return Spec(family, clean_url(address), address, **rest)
    address = _local_path(address) if scheme else address
    return Spec(family, address, address, **rest)


def database_of(path: str, fmt: str | None) -> str | None:
    """The database whose file a path is, by its format or extension."""
    if fmt is not None:
        return fmt.lower() if fmt.lower() in ("sqlite", "duckdb") else None
    return {".sqlite": "sqlite", ".sqlite3": "sqlite", ".duckdb": "duckdb", ".ddb": "duckdb"}.get(
        Path(path).suffix.lower()
    )


def _refuse_unsupported(given: Mapping[str, Any], family: SourceFamily) -> None:
    supported = (*family.keys, "where", "sql_where")
    problems = [f"data_source: {k}: {family.noun} does not take it" for k in given if given[k] and k not in supported]
    if problems:
        raise ConfigError(problems)


def _local_path(url: str) -> str:
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise ConfigError(f'"{url}" names the machine {parts.netloc}; a local file is file:///folder/name')
    return _checked_text(unquote(parts.path))


# --- kinds of data source that other packages add -----------------------------------------------------------------


class SourcePlugin:
    """A kind of data source that another package adds: a subclass that an entry point of `truthound.sources` names.

    The entry point's name is the scheme of the URLs that the plugin opens: `lake = "my_package:Lake"` opens `lake://...`.
    """

    def accepts(self, data: object) -> bool:
        """Whether the plugin opens this object. It is asked about objects only that nothing else takes."""
        return False

    def open(self, spec: Spec) -> Any:
        """The table: a Polars, pandas, PyArrow or DuckDB table, a dict of lists, a list of dicts, or an opened `Source`.

        `spec.address` is the URL, with its secrets, or `spec.data` the object; `spec.options`, `format`, `table` and `query`
        are those of the mapping. `where` is applied to the table; a `Source` has to apply it itself.
        """
        raise NotImplementedError


def load_plugin(name: str) -> SourcePlugin:
    """The plugin of this name. Raises ConfigError where it is broken; the message names its package."""
    found = plugins.load(GROUP, name)
    if not (isinstance(found, type) and issubclass(found, SourcePlugin)):
        raise ConfigError(f'plugin "{name}" is not a subclass of truthound.sources.SourcePlugin')
    try:
        return found()
    except Exception as error:
        raise ConfigError(f'plugin "{name}" cannot be created: {type(error).__name__}: {error}') from error


def accepting_plugin(data: object) -> str | None:
    """The first plugin that opens an object. Raises ConfigError where none does and one is broken."""
    problems: list[str] = []
    for name in plugins.names(GROUP):
        try:
            if load_plugin(name).accepts(data):
                return name
        except ConfigError as error:
            problems += error.problems
        except Exception as error:  # noqa: BLE001 a plugin may raise anything
            problems.append(f'plugin "{name}" fails in accepts(): {type(error).__name__}: {error}')
    if problems:
        raise ConfigError(problems)
    return None


def _plugin_of_scheme(scheme: str, address: str) -> str:
    added = plugins.names(GROUP)
    if scheme in added:
        return scheme
    known = (*DATABASES, *FAMILIES["url"].schemes, "file", *added)
    hint = did_you_mean(scheme, known) or f"; known are {', '.join(f'{w}://' for w in known)}"
    raise ConfigError(f'"{address.partition("://")[0]}://" is not a data source{hint}')
