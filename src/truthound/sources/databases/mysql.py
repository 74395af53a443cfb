"""MySQL and MariaDB: rows are streamed as the server's text, in a read-only transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from truthound._internal.text import did_you_mean
from truthound.errors import ConfigError, SourceError
from truthound.sources.databases.request import TableRequest
from truthound.sources.databases.text_table import Column, TextTable
from truthound.sources.table import Table

CONNECT_SECONDS, READ_SECONDS = 10, 600
_PARAMS = {
    "charset": str, "connect_timeout": int, "read_timeout": int, "unix_socket": str, "ssl_ca": str, "ssl_cert": str,
    "ssl_key": str, "ssl_verify_cert": bool, "ssl_verify_identity": bool, "ssl_disabled": bool,
}  # fmt: skip
# field types of the protocol
_BIT, _BLOBS, _DECIMALS, _TINY, _FLOAT = 16, (249, 250, 251, 252, 253, 254, 255), (0, 246), 1, 4
_TYPES: dict[int, tuple[str, ...]] = {
    1: ("int8", "int16", "int64"), 2: ("int16", "int32", "int64"), 3: ("int32", "int64"), 8: ("int64", "uint64"),
    9: ("int32",), 4: ("float32",), 5: ("float64",), 7: ("utc_bare",), 10: ("date",), 11: ("time",), 12: ("datetime",),
    13: ("int16",), 14: ("date",), 6: ("string",),
}  # fmt: skip


def errors() -> tuple[type[BaseException], ...]:
    """What the driver raises."""
    import pymysql

    return (pymysql.err.MySQLError, RuntimeError, UnicodeError)


def _connected(request: TableRequest) -> Any:
    import pymysql

    a = request.address
    given: dict[str, Any] = {}
    for name, value in a.params:
        if name not in _PARAMS:
            near = did_you_mean(name, _PARAMS) or f"; known are {', '.join(_PARAMS)}"
            raise ConfigError(f'"{name}" is not a parameter of a MySQL URL{near}')
        kind = _PARAMS[name]
        try:
            given[name] = value.lower() in ("1", "true", "yes", "on") if kind is bool else kind(value)
        except ValueError:
            raise ConfigError(f'"{name}" of the URL must be a number') from None
    return pymysql.connect(
        host=a.host or "localhost", port=a.port or 3306, user=a.user, password=a.password or "", database=a.database or None,
        cursorclass=pymysql.cursors.SSCursor, conv=pymysql.converters.encoders, init_command="SET time_zone = '+00:00'",
        **{"charset": "utf8mb4", "connect_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS} | given,
    )  # fmt: skip


def read(request: TableRequest) -> Table:
    """What the request selects."""
    with TextTable() as text, _connected(request) as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION READ ONLY")  # for what would end the transaction first, such as DROP
        cursor.execute("START TRANSACTION READ ONLY")
        widened = _with_doubles(cursor, request.filtered)
        cursor.execute(widened[0] if widened else request.filtered)
        description = widened[1] if widened else cursor.description
        if description is None:
            raise SourceError("the query returns no table; write a SELECT")
        binary: set[int] = set()
        bits = {i for i, c in enumerate(description) if c[1] == _BIT}
        blobs = [i for i, c in enumerate(description) if c[1] in _BLOBS]
        text.write(_rows(cursor, bits, blobs, binary))
        return text.table([_column(c, i in binary) for i, c in enumerate(description)])


def _with_doubles(cursor: Any, query: str) -> tuple[str, Any] | None:
    """The query with FLOAT columns as DOUBLE, and its column descriptions, if it has any: the server prints only six digits of a FLOAT."""
    import pymysql

    try:
        cursor.execute(f"SELECT * FROM (\n{query}\n) AS data LIMIT 0")
    except pymysql.err.MySQLError:
        return None  # two columns of one name, or what is wrong with the query itself shows when it is run
    description = cursor.description
    cursor.fetchall()
    if description is None or all(c[1] != _FLOAT for c in description):
        return None
    names = ["`" + c[0].replace("`", "``") + "`" for c in description]
    chosen = [f"{n} + 0e0 AS {n}" if c[1] == _FLOAT else n for n, c in zip(names, description, strict=True)]
    return f"SELECT {', '.join(chosen)} FROM (\n{query}\n) AS data", description


def _rows(cursor: Any, bits: set[int], blobs: list[int], binary: set[int]) -> Iterator[Any]:
    """Rows with bit fields as integers. Adds the columns that contain bytes to `binary`."""
    while rows := cursor.fetchmany(10_000):
        if bits:
            rows = [
                [int.from_bytes(v) if i in bits and v is not None else v for i, v in enumerate(row)] for row in rows
            ]
        for i in blobs:
            if i not in binary and any(isinstance(row[i], bytes) for row in rows):
                binary.add(i)
        yield from rows


def _column(description: Any, binary: bool) -> Column:
    name, kind, length, scale = description[0], description[1], description[3], description[5]
    if binary:
        return Column(name, ("hex",), sure=True)
    if kind in _DECIMALS:
        precision = min(length - (2 if scale else 1), 65)  # the length counts a sign and a point
        exact = tuple(
            f"decimal({p},{scale})" for p in (precision, precision + 1) if p <= 38
        )  # unsigned ones have no sign
        return Column(name, (*exact, "decimal", "short_float"))
    if kind == _BIT:
        return Column(name, ("boolean",) if length == 1 else ("uint64",))
    if kind == _TINY and length == 1:  # BOOLEAN is a word for TINYINT(1)
        return Column(name, ("boolean", *_TYPES[kind]))
    return Column(name, _TYPES.get(kind, ("string",)))


def tables(request: TableRequest) -> list[str]:
    """The tables and views that the user may see; those of the database with their bare names too."""
    with _connected(request) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_schema, table_name, table_schema = database() FROM information_schema.tables "
            "WHERE table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys') LIMIT 10000"
        )
        rows = list(cursor.fetchall())
    return [n for _, n, here in rows if here == "1"] + [f"{s}.{n}" for s, n, _ in rows]
