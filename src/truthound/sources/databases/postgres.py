"""PostgreSQL: read with COPY, the server's fastest export, in a read-only transaction."""

from __future__ import annotations

from typing import Any

from truthound.errors import ConfigError, SourceError
from truthound.sources.databases.request import TableRequest
from truthound.sources.databases.text_table import Column, TextTable
from truthound.sources.table import Table

CONNECT_SECONDS = 10
# type numbers of pg_type, the same in every database
_TYPES: dict[int, tuple[tuple[str, ...], bool]] = {
    16: (("boolean",), True), 20: (("int64",), True), 21: (("int16",), True), 23: (("int32",), True), 26: (("int64",), True),
    700: (("float32",), True), 701: (("float64",), True), 1082: (("date", "far_date"), False), 1083: (("time",), False),
    1114: (("datetime", "far_datetime"), False), 1184: (("utc", "far_utc"), False), 17: (("hex",), True),
    1700: (("decimal", "short_float"), False),
}  # fmt: skip


def errors() -> tuple[type[BaseException], ...]:
    """What the driver raises."""
    import psycopg

    return (psycopg.Error, UnicodeError)


def _connected(request: TableRequest) -> Any:
    import psycopg

    a = request.address
    given = dict(a.params)
    if "password" in given and a.password:
        raise ConfigError("the URL holds two passwords; give one of them")
    given |= {
        k: v
        for k, v in (
            ("host", a.host), ("port", str(a.port) if a.port else ""), ("user", a.user or ""),
            ("password", a.password or ""), ("dbname", a.database),
        )
        if v and k not in given
    }  # fmt: skip
    given.setdefault("connect_timeout", str(CONNECT_SECONDS))
    given["client_encoding"] = "utf8"
    connection = psycopg.connect(**given)  # type: ignore[arg-type]  # libpq checks its own words
    connection.read_only = True
    return connection


def read(request: TableRequest) -> Table:
    """What the request selects."""
    with TextTable() as text, _connected(request) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SET TIME ZONE 'UTC'; SET datestyle = 'ISO'; SET bytea_output = 'hex'; SET extra_float_digits = 1"
        )
        cursor.execute(f"SELECT * FROM (\n{request.filtered}\n) AS data LIMIT 0")
        if cursor.description is None:
            raise SourceError("the query returns no table; write a SELECT")
        columns = [_column(c) for c in cursor.description]
        options = f"FORMAT csv, NULL '{text.null}'" + (", FORCE_QUOTE *" if columns else "")
        with cursor.copy(f"COPY (\n{request.filtered}\n) TO STDOUT WITH ({options})") as copy:
            for piece in copy:
                text.file.write(piece)
        return text.table(columns)


def _column(described: Any) -> Column:
    if (
        described.type_code == 1700
        and described.precision
        and described.precision <= 38
        and 0 <= (described.scale or 0) <= described.precision
    ):
        exact = f"decimal({described.precision},{described.scale or 0})"
        return Column(described.name, (exact, "short_float"))  # NaN and infinity are numerics too
    types, sure = _TYPES.get(described.type_code, (("string",), True))
    return Column(described.name, types, sure)


def tables(request: TableRequest) -> list[str]:
    """The tables and views that the user may see; those of the search path with their bare names too."""
    with _connected(request) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, relname FROM (SELECT n.nspname AS schemaname, c.relname FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') "
            "AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')) AS known LIMIT 10000"
        )
        rows = cursor.fetchall()
    return [name for _, name in rows] + [f"{schema}.{name}" for schema, name in rows]
