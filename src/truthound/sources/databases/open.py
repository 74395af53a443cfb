"""Opens tables and queries of databases. They are read once, so that all checks see the same rows."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from truthound._internal.text import did_you_mean, first_line, shorten
from truthound.errors import ConfigError, SourceError, TruthoundError
from truthound.sources.address import Address, parse_address, quoted, scrub, sql_name
from truthound.sources.base import FrameSource
from truthound.sources.databases.request import TableRequest
from truthound.sources.spec import Spec
from truthound.sources.table import Table


@dataclass(frozen=True)
class DatabaseDialect:
    """A database system: its name, how it quotes identifiers, the driver package, and the module here that reads it."""

    name: str
    quote: str
    package: str
    module: str


DIALECTS = {
    "postgresql": DatabaseDialect("PostgreSQL", '"', "psycopg", "postgres"),
    "mysql": DatabaseDialect("MySQL", "`", "pymysql", "mysql"),
    "sqlite": DatabaseDialect("SQLite", '"', "sqlite3", "sqlite"),
    "duckdb": DatabaseDialect("DuckDB", '"', "duckdb", "duckdb"),
}


def open_sql(spec: Spec, base: Path | None, _: bool) -> FrameSource:
    """A table or a query of a database, read."""
    address = parse_address(spec.address)
    dialect = DIALECTS[address.dialect]
    request = _request(spec, address, dialect, base)
    if importlib.util.find_spec(dialect.package) is None:
        raise SourceError(f"{dialect.name} needs the extra sql: pip install 'truthound[sql]'")
    name = sql_name(spec.address, request.table, query=spec.query is not None)
    reader = importlib.import_module(f"truthound.sources.databases.{dialect.module}")
    table = _read(reader.read, reader.tables, reader.errors(), request, name)
    return FrameSource(name, "sql", table.frame, unreadable=table.unreadable, notes=table.notes)


def _request(spec: Spec, address: Address, dialect: DatabaseDialect, base: Path | None) -> TableRequest:
    table = spec.table or (None if spec.query else address.table)
    if spec.table and address.table and spec.table != address.table:
        raise ConfigError("data_source: table: the URL names another table after #; give one of them")
    if spec.query and address.table:
        raise ConfigError("data_source: query: the URL names a table after #; give one of them")
    if table is None and spec.query is None:
        raise ConfigError(
            f"data_source: {spec.name} is a database; name a table or a query: in the mapping, or the table after #"
        )
    text = f"SELECT * FROM {quoted(table, dialect.quote)}" if table else (spec.query or "").strip().rstrip(";").rstrip()
    if not text:
        raise ConfigError("data_source: query: is empty")
    path = None
    if address.dialect in ("sqlite", "duckdb"):
        path = _database_file(address, base, spec.name)
    return TableRequest(address, path, text, spec.sql_where, table)


def _database_file(address: Address, base: Path | None, name: str) -> Path:
    from truthound.sources.files.file_set import find, head

    path = Path(address.database).expanduser()
    if not path.is_absolute() and not (base / path if base else path).exists() and Path("/", path).exists():
        raise SourceError(
            f"{name} does not exist; for the absolute path write {address.dialect}:////{address.database}"
        )
    found = find(address.database, base, "csv").files[0]  # any format: it is only about the file
    first = head(found, 16)
    magic = first.startswith(b"SQLite format 3\0") if address.dialect == "sqlite" else first[8:12] == b"DUCK"
    if not magic and first:
        raise SourceError(f"{name} is not a {DIALECTS[address.dialect].name} file")
    return found


def _read(
    read: Callable[[TableRequest], Table],
    tables: Callable[[TableRequest], list[str]],
    errors: tuple[type[BaseException], ...],
    request: TableRequest,
    name: str,
) -> Table:
    """The table; errors of the driver become SourceError without secrets."""
    secrets = request.address.secrets()
    failures: tuple[type[BaseException], ...] = (
        *errors,
        pl.exceptions.PolarsError,
        pl.exceptions.PanicException,
        OSError,
        ValueError,
    )
    try:
        table = read(request)
        table.frame.collect_schema()
    except TruthoundError:
        raise
    except failures as error:
        message = (
            first_line(error) if not str(error) else " ".join(str(error).partition("\nLINE ")[0].split())
        )  # without our own query
        words = shorten(scrub(message, secrets), 400)
        near = ""
        if request.table is not None:
            near = _similar_table(request, tables, errors)
        raise SourceError(f"{name} cannot be read: {words}{near}") from None
    return table


def _similar_table(
    request: TableRequest, tables: Callable[[TableRequest], list[str]], errors: tuple[type[BaseException], ...]
) -> str:
    """A hint at an existing table with a similar name."""
    table = request.table or ""
    failures: tuple[type[BaseException], ...] = (*errors, TruthoundError, OSError)
    try:
        known = tables(request)
    except failures:
        return ""  # the database cannot be reached, which the error says already
    return "" if table in known else did_you_mean(table, known)
