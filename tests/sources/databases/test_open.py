"""Databases: the real PostgreSQL and MariaDB of the test machine, and SQLite and DuckDB files."""

import contextlib
import datetime as dt
import json
import os
import socket
import sqlite3
import time
from decimal import Decimal
from urllib.parse import urlsplit

import polars as pl
import pytest

import truthound as th
from helpers.support import need
from truthound.errors import ConfigError, SourceError
from truthound.sources import describe, open_source

POSTGRES = os.environ.get("TRUTHOUND_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
MYSQL = os.environ.get("TRUTHOUND_TEST_MYSQL", "mysql://root@127.0.0.1:3306/test")
MOMENT = dt.datetime(2024, 1, 2, 3, 4, 5, 678901)
UTC = dt.datetime(2024, 1, 2, 1, 4, 5, tzinfo=dt.UTC)
SCHEMA = f"th_sources_{os.getpid()}"
HOSTILE = ['a"b', "a`b", "x; DROP TABLE good; --", "select", "dot.ted", "ünï cödé", "a'b", "%s", "{x}", "back\\slash"]


@pytest.fixture(scope="module")
def postgres():
    import psycopg

    try:
        connection = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)
    except psycopg.Error as error:
        need(False, f"PostgreSQL is not reachable: {error}")
    with contextlib.closing(connection):
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
        yield connection
        connection.execute(f"DROP SCHEMA {SCHEMA} CASCADE")


@pytest.fixture(scope="module")
def mysql():
    import pymysql

    at = urlsplit(MYSQL)
    try:
        connection = pymysql.connect(
            host=at.hostname, port=at.port or 3306, user=at.username, password=at.password or "", database=at.path[1:],
            autocommit=True, connect_timeout=3,
        )  # fmt: skip
    except pymysql.err.MySQLError as error:
        need(False, f"MariaDB is not reachable: {error}")
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {SCHEMA}")
        cursor.execute(f"USE {SCHEMA}")
        yield cursor
        cursor.execute(f"DROP DATABASE {SCHEMA}")


@pytest.fixture
def sqlite(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as connection:
        yield connection


@pytest.fixture
def duck(tmp_path):
    """Runs statements on a DuckDB file, and closes it, so that others can read it."""
    import duckdb

    def run(*statements):
        with duckdb.connect(str(tmp_path / "x.duckdb")) as connection:
            for statement in statements:
                connection.execute(statement)
        return f"duckdb:///{tmp_path / 'x.duckdb'}"

    return run


def read(url, **more):
    return open_source({"url": url, **more}).frame.collect()


def told(spec):
    with pytest.raises(SourceError) as caught:
        open_source(spec)
    return str(caught.value)


# --- types ---------------------------------------------------------------------------------------------------------


def test_postgres_types(postgres):
    postgres.execute(
        f"CREATE TABLE {SCHEMA}.kinds (i int, b bigint, d numeric(12,2), n numeric, day date, ts timestamp, tz timestamptz, yes boolean, "
        "t text, f double precision, u uuid, j jsonb, bin bytea, ar int[], at time, iv interval, e text, bad numeric(5,2))"
    )
    postgres.execute(
        f"INSERT INTO {SCHEMA}.kinds VALUES (1, 9223372036854775807, 1.10, 123456789012345678901234.5, '2024-01-02', '2024-01-02 03:04:05.678901', "
        "'2024-01-02 03:04:05+02', true, 'é,\"\n', 1.5, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{\"a\":1}', '\\x00ff', '{1,2}', '10:00', '1 day', '', 'NaN')"
    )
    postgres.execute(f"INSERT INTO {SCHEMA}.kinds VALUES ({', '.join(['NULL'] * 18)})")
    frame = read(POSTGRES, table=f"{SCHEMA}.kinds")
    first, second = frame.to_dicts()
    assert first == {
        "i": 1, "b": 9223372036854775807, "d": Decimal("1.10"), "n": Decimal("123456789012345678901234.5"), "day": dt.date(2024, 1, 2),
        "ts": MOMENT, "tz": UTC, "yes": True, "t": 'é,"\n', "f": 1.5, "u": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "j": '{"a": 1}',
        "bin": b"\x00\xff", "ar": "{1,2}", "at": dt.time(10), "iv": "1 day", "e": "", "bad": pytest.approx(float("nan"), nan_ok=True),
    }  # fmt: skip
    assert set(second.values()) == {None}
    assert frame.schema["i"] == pl.Int32
    assert frame.schema["d"] == pl.Decimal(12, 2)
    assert frame.schema["tz"] == pl.Datetime("us", "UTC")


def test_postgres_values_that_no_type_holds_stay_text(postgres):
    postgres.execute(
        f"CREATE TABLE {SCHEMA}.odd AS SELECT 'infinity'::date AS d, '-infinity'::timestamptz AS z, '24:00'::time AS t, "
        "123456789012345678901234567890123456789012.5::numeric AS big, 'NaN'::float8 AS f, 1e40::numeric AS n, 'NaN'::numeric(12,2) AS nan, "
        "'294276-12-31 23:59:59.999999'::timestamp AS last, 'x'::text AS plain"
    )
    source = open_source({"url": POSTGRES, "table": f"{SCHEMA}.odd"})
    frame = source.frame.collect()
    assert frame.drop("f", "n", "nan").row(0, named=True) == {
        "d": "infinity", "z": "-infinity", "t": "24:00:00", "big": "123456789012345678901234567890123456789012.5",
        "last": "294276-12-31 23:59:59.999999", "plain": "x",
    }  # fmt: skip
    assert frame.select(pl.col("f", "nan").is_nan()).row(0) == (True, True)
    assert frame["n"].item() == 1e40
    assert source.notes == (
        'column "d" is read as text, not as date: "infinity" is among its values',
        'column "z" is read as text, not as datetime: "-infinity" is among its values',
        'column "t" is read as text, not as time: "24:00:00" is among its values',
        'column "big" is read as text, not as decimal: not every value is of that type',
        'column "last" is read as text, not as datetime: not every value is of that type',
    )


def test_postgres_dates_beyond_those_of_python(postgres):
    days = {
        "0044-03-15 BC": -735_160, "0001-12-31 BC": -719_163, "4714-11-24 BC": -2_440_588, "0001-01-01": -719_162, "1970-01-01": 0, "2000-02-29": 11_016,
        "9999-12-31": 2_932_896, "20000-01-01": 6_585_322, "5874897-12-31": 2_145_042_905,
    }  # fmt: skip
    rows = ", ".join(
        f"('{d}'::date, '{d[:-3] if d.endswith('BC') else d} 01:02:03.000004{' BC' * d.endswith('BC')}')" for d in days
    )
    postgres.execute(f"CREATE TABLE {SCHEMA}.far AS SELECT d, t::text FROM (VALUES {rows}) AS v(d, t)")
    asked = f"SELECT d, t::timestamp AS ts, t::timestamptz AS tz, (d - '1970-01-01'::date) AS days FROM {SCHEMA}.far"
    frame = read(POSTGRES, query=f"{asked} WHERE d < '290000-01-01'")
    assert frame.schema == {"d": pl.Date, "ts": pl.Datetime("us"), "tz": pl.Datetime("us", "UTC"), "days": pl.Int32}
    assert frame["d"].to_physical().to_list() == frame["days"].to_list() == list(days.values())[:-1]
    moments = [n * 86_400_000_000 + 3_723_000_004 for n in list(days.values())[:-1]]
    assert frame["ts"].to_physical().to_list() == frame["tz"].to_physical().to_list() == moments
    whole = read(POSTGRES, query=f"SELECT d FROM {SCHEMA}.far")
    assert whole["d"].to_physical().to_list() == list(days.values())


def test_mysql_types(mysql):
    mysql.execute(
        "CREATE TABLE kinds (i int, ub bigint unsigned, d decimal(12,2), day date, ts datetime(6), tz timestamp(6) NULL, yes boolean, t varchar(20), "
        "f double, j json, bin blob, at time, y year, e enum('a','b'), small tinyint(1), bits bit(1), more bit(9), empty varchar(5))"
    )
    mysql.execute("SET time_zone = '+02:00'")
    mysql.execute(
        "INSERT INTO kinds VALUES (1, 18446744073709551615, 1.10, '2024-01-02', '2024-01-02 03:04:05.678901', '2024-01-02 03:04:05', true, 'é,\"\n', "
        "1.5, '{\"a\":1}', x'00ff', '10:00:00', 2024, 'a', 7, b'1', 300, '')"
    )
    mysql.execute(f"INSERT INTO kinds VALUES ({', '.join(['NULL'] * 18)})")
    frame = read(MYSQL, table=f"{SCHEMA}.kinds")
    first, second = frame.to_dicts()
    assert first == {
        "i": 1, "ub": 18446744073709551615, "d": Decimal("1.10"), "day": dt.date(2024, 1, 2), "ts": MOMENT, "tz": UTC, "yes": True, "t": 'é,"\n',
        "f": 1.5, "j": '{"a":1}', "bin": b"\x00\xff", "at": dt.time(10), "y": 2024, "e": "a", "small": 7, "bits": True, "more": 300, "empty": "",
    }  # fmt: skip
    assert set(second.values()) == {None}
    assert frame.schema["d"] == pl.Decimal(12, 2)
    assert frame.schema["yes"] == pl.Boolean
    assert frame.schema["small"] == pl.Int8  # 7 is no truth


def test_mysql_values_that_no_type_holds_stay_text(mysql):
    mysql.execute("SET sql_mode = ''")
    mysql.execute(
        "CREATE TABLE odd (d date, ts datetime, t time, u decimal(5,2) unsigned, long_ decimal(65,30), short decimal(60,2), b bit(64))"
    )
    digits = "12345678901234567890123456789012345.123456789012345678901234567890"
    mysql.execute(
        f"INSERT INTO odd VALUES ('0000-00-00', '0000-00-00', '-838:59:59', 999.99, {digits}, 1.5, ~0), ('2024-01-02', '2024-01-02', '10:00:00', 0, 2, 2, 0)"
    )
    source = open_source({"url": MYSQL, "table": f"{SCHEMA}.odd"})
    assert source.frame.collect().rows() == [
        ("0000-00-00", "0000-00-00 00:00:00", "-838:59:59", Decimal("999.99"), digits, Decimal("1.50"), 2**64 - 1),
        (
            "2024-01-02",
            "2024-01-02 00:00:00",
            "10:00:00",
            Decimal(0),
            "2.000000000000000000000000000000",
            Decimal(2),
            0,
        ),
    ]
    assert source.notes[0] == 'column "d" is read as text, not as date: "0000-00-00" is among its values'
    assert [n.split('"')[1] for n in source.notes] == ["d", "ts", "t", "long_"]


def test_mysql_floats_have_all_their_digits(mysql):
    mysql.execute("CREATE TABLE floats (id int, f float, `we``ird` float(7,3), d double)")
    mysql.execute("INSERT INTO floats VALUES (1, 1.23456789, 1.234, 1.2345678901234567), (2, 16777217, NULL, 1e300)")
    frame = read(MYSQL, table=f"{SCHEMA}.floats")
    assert frame.equals(pl.DataFrame(
        {"id": [1, 2], "f": [1.23456789, 16777217], "we`ird": [1.234, None], "d": [1.2345678901234567, 1e300]},
        schema={"id": pl.Int32, "f": pl.Float32, "we`ird": pl.Float32, "d": pl.Float64},
    ))  # fmt: skip
    query = f"SELECT f AS x FROM {SCHEMA}.floats WHERE id = 1 -- one"
    assert read(MYSQL, query=query)["x"].to_list() == frame["f"].to_list()[:1]


def test_sqlite_types(sqlite, tmp_path):
    sqlite.execute(
        "CREATE TABLE kinds (i INTEGER, d DECIMAL(12,2), day DATE, ts TIMESTAMP, yes BOOLEAN, t TEXT, f REAL, bin BLOB, mixed INTEGER, e TEXT, at TIME, none TEXT, whole REAL)"
    )
    sqlite.execute(
        "INSERT INTO kinds VALUES (9223372036854775807, 1.10, '2024-01-02', '2024-01-02 03:04:05.678901', 1, 'é', 1.5, x'00ff', 'N/A', '', '10:00:00', NULL, 2)"
    )
    sqlite.execute("INSERT INTO kinds (mixed, day) VALUES (5, '2024-01-03'), (NULL, NULL)")
    frame = read(f"sqlite:///{tmp_path / 'x.db'}", table="kinds")
    assert frame.row(0, named=True) == {
        "i": 9223372036854775807, "d": 1.1, "day": dt.date(2024, 1, 2), "ts": MOMENT, "yes": True, "t": "é", "f": 1.5, "bin": b"\x00\xff",
        "mixed": "N/A", "e": "", "at": dt.time(10), "none": None, "whole": 2.0,
    }  # fmt: skip
    assert frame["mixed"].to_list() == ["N/A", "5", None]
    query = read(f"sqlite:///{tmp_path / 'x.db'}", query="SELECT i, yes FROM kinds WHERE i NOT NULL")
    assert query.row(0) == (9223372036854775807, 1)


def test_a_declaration_that_values_do_not_keep(sqlite, tmp_path):
    sqlite.execute("CREATE TABLE odd (day DATE, yes BOOLEAN)")
    sqlite.execute("INSERT INTO odd VALUES ('2024-01-02', 1), ('soon', 2)")
    assert read(f"sqlite:///{tmp_path / 'x.db'}", table="odd").rows() == [("2024-01-02", 1), ("soon", 2)]


def test_sqlite_integers_that_a_float_does_not_hold(sqlite, tmp_path):
    sqlite.execute("CREATE TABLE large (mixed, price DECIMAL(30,2), plain DECIMAL, real REAL)")
    sqlite.execute("INSERT INTO large VALUES (9007199254740993, 9007199254740993, 5, 9e999), (0.5, 1, 0.5, -9e999)")
    assert read(f"sqlite:///{tmp_path / 'x.db'}", table="large").rows() == [
        ("9007199254740993", 9007199254740993, 5.0, float("inf")),
        ("0.5", 1, 0.5, float("-inf")),
    ]


def test_duckdb_types(duck):
    url = duck(
        "CREATE TABLE kinds AS SELECT 1 i, 170141183460469231731687303715884105727::hugeint h, 1.10::decimal(12,2) d, date '2024-01-02' AS day, "
        "timestamp '2024-01-02 03:04:05.678901' ts, true yes, 'é' t, 1.5::double f, '\\x00\\xFF'::blob bin, interval 1 day iv, "
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid u, 'a'::enum('a','b') e, [1,2] l, {'k': 1} s, '{\"a\":1}'::json j, time '10:00' AS at, "
        "timestamptz '2024-01-02 03:04:05+02' tz, map {'k': 1} m"
    )
    assert read(url, table="kinds").row(0, named=True) == {
        "i": 1, "h": 2**127 - 1, "d": Decimal("1.10"), "day": dt.date(2024, 1, 2), "ts": MOMENT, "yes": True, "t": "é", "f": 1.5, "bin": b"\x00\xff",
        "iv": "1 day", "u": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "e": "a", "l": [1, 2], "s": {"k": 1}, "j": '{"a":1}', "at": dt.time(10), "tz": UTC,
        "m": "{k=1}",
    }  # fmt: skip


def test_duckdb_values_that_no_type_holds(duck):
    url = duck(
        "CREATE TABLE odd AS SELECT 340282366920938463463374607431768211455::uhugeint u, [170141183460469231731687303715884105727::hugeint] hs, "
        "{'id': 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, 'n': 1} s, [interval 1 day] ivs, [1, 2]::hugeint[2] a, ['{}'::json] js, "
        "123456789012345678901234567890123456789012345::bignum big, '0101'::bit bits, 'infinity'::date inf, '-infinity'::timestamp ninf, "
        "time '24:00:00' t24, time_ns '10:00:00.000000001' tns, 'nan'::double nan, '0044-03-15 (BC)'::date bc, '20000-01-01'::timestamp far"
    )
    source = open_source({"url": url, "table": "odd"})
    frame = source.frame.collect()
    assert frame.drop("nan", "bc", "far", "tns").row(0, named=True) == {
        "u": 2**128 - 1, "hs": [2**127 - 1], "s": {"id": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "n": 1}, "ivs": ["1 day"], "a": [1, 2], "js": ["{}"],
        "big": "123456789012345678901234567890123456789012345", "bits": "0101", "inf": "infinity", "ninf": "-infinity", "t24": "24:00:00",
    }  # fmt: skip
    assert frame.select(pl.col("bc", "far", "tns").to_physical()).row(0) == (
        -735_160,
        568_971_820_800_000_000,
        36_000_000_000_001,
    )
    assert frame["nan"].is_nan().item()
    assert source.notes == (
        'column "inf" is read as text: "infinity" is among its values',
        'column "ninf" is read as text: "-infinity" is among its values',
        'column "t24" is read as text: "24:00:00" is among its values',
    )


def test_infinite_dates_beside_others_keep_their_text(duck):
    url = duck(
        "CREATE TABLE d AS SELECT * FROM (VALUES ('infinity'::date, time '10:00'), ('2024-01-02', '24:00'), (NULL, NULL)) AS v(d, t)"
    )
    assert read(url, table="d").rows() == [("infinity", "10:00:00"), ("2024-01-02", "24:00:00"), (None, None)]


def reported(spec):
    """The cells of the only row, as a failing row of a check shows them."""
    result = th.check(spec, [{"expression": {"expression": "id < 0"}}, "null", "duplicate"])
    assert not [o.error for o in result.outcomes if o.error]
    json.dumps(result.to_dict())
    return {k: v for k, v in result.outcomes[0].examples[0].values.items() if k != "id"}


def test_any_value_of_a_database_is_reported(postgres, mysql, duck):
    cells = {
        "'0044-03-15 BC'::date": "-0043-03-15", "'20000-01-01'::timestamp": "+20000-01-01T00:00:00", "'infinity'::timestamptz": "infinity",
        "'24:00'::time": "24:00:00", "1e38::numeric * 100 + 0.5": "10000000000000000000000000000000000000000.5", "'NaN'::numeric": "NaN",
        "'\\x00ff'::bytea": "0x00ff", "ARRAY[1,NULL]": "{1,NULL}", "'1 mon 2 days'::interval": "1 mon 2 days", "B'01'": "01", "'{}'::jsonb": "{}",
    }  # fmt: skip
    query = "SELECT 1 AS id, " + ", ".join(f"{e} AS c{i}" for i, e in enumerate(cells))
    assert list(reported({"url": POSTGRES, "query": query}).values()) == list(cells.values())
    mysql.execute("SET sql_mode = ''")
    mysql.execute(
        "CREATE TABLE cells (id int, a date, b time, c decimal(65,30), d bit(64), e bigint unsigned, f enum('x','y'))"
    )
    mysql.execute("INSERT INTO cells VALUES (1, '0000-00-00', '-838:59:59', 0.5, ~0, ~0, 'y')")
    assert list(reported({"url": MYSQL, "table": f"{SCHEMA}.cells"}).values()) == [
        "0000-00-00", "-838:59:59", "0.500000000000000000000000000000", 2**64 - 1, 2**64 - 1, "y",
    ]  # fmt: skip
    url = duck(
        "CREATE TABLE cells AS SELECT 1 id, 340282366920938463463374607431768211455::uhugeint a, '-infinity'::date b, '0044-03-15 (BC)'::date c, "
        "[170141183460469231731687303715884105727::hugeint] d, interval '1 month' e, '01'::bit f"
    )
    assert list(reported({"url": url, "table": "cells"}).values()) == [
        2**128 - 1, "-infinity", "-0043-03-15", [2**127 - 1], "1 month", "01",
    ]  # fmt: skip


# --- tables, queries, filters --------------------------------------------------------------------------------------


@pytest.fixture(params=["postgresql", "mysql", "sqlite", "duckdb"])
def database(request, tmp_path):
    """A database's URL, what runs statements in it, and its quotation mark; `good` and a hostile table are there."""
    kind = request.param
    if kind == "postgresql":
        connection = request.getfixturevalue("postgres")
        connection.execute(f"SET search_path TO {SCHEMA}")
        yield f"{POSTGRES}?options=-csearch_path%3D{SCHEMA}", connection.execute, '"'
    elif kind == "mysql":
        cursor = request.getfixturevalue("mysql")
        yield f"{MYSQL.rpartition('/')[0]}/{SCHEMA}", cursor.execute, "`"
    elif kind == "sqlite":
        connection = request.getfixturevalue("sqlite")
        yield f"sqlite:///{tmp_path / 'x.db'}", connection.execute, '"'
    else:
        yield f"duckdb:///{tmp_path / 'x.duckdb'}", request.getfixturevalue("duck"), '"'


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(database, name):
    url, run, mark = database
    quoted = mark + name.replace(mark, mark * 2) + mark
    run("DROP TABLE IF EXISTS good")
    run("CREATE TABLE good (x int)")
    run(f"DROP TABLE IF EXISTS {quoted}")
    run(f"CREATE TABLE {quoted} ({quoted} int)")
    run(f"INSERT INTO {quoted} VALUES (7)")
    written = '"' + name.replace('"', '""') + '"'
    frame = read(url, table=written)
    assert (frame.columns, frame.rows()) == ([name], [(7,)])
    assert read(url, table="good").height == 0
    run(f"DROP TABLE {quoted}")


def test_where_and_query(database):
    url, run, _ = database
    run("DROP TABLE IF EXISTS people")
    run("CREATE TABLE people (id int, name varchar(20))")
    run("INSERT INTO people VALUES (1, 'ann'), (2, NULL), (3, 'bob')")
    assert read(url, table="people", where="id > 1 -- not the first").sort("id").rows() == [(2, None), (3, "bob")]
    assert read(url, query="SELECT id FROM people ORDER BY id DESC;").rows() == [(3,), (2,), (1,)]
    assert read(url, query="WITH p AS (SELECT id FROM people) SELECT id FROM p -- all", where="id = 2").rows() == [(2,)]
    assert read(url, query="SELECT id, name FROM people WHERE id > 99").rows() == []
    assert read(url, query="SELECT count(*) AS n, '50%' AS p FROM people").row(0) == (3, "50%")


def test_the_table_after_the_hash(database):
    url, run, _ = database
    run("DROP TABLE IF EXISTS people")
    run("CREATE TABLE people (id int)")
    run("INSERT INTO people VALUES (1)")
    source = open_source(f"{url}#people")
    assert source.frame.collect().rows() == [(1,)]
    assert source.kind == "sql"
    assert source.name == describe(f"{url}#people")
    assert source.name.endswith("#people")


def test_errors_name_a_near_table(database):
    url, run, _ = database
    run("DROP TABLE IF EXISTS customers")
    run("CREATE TABLE customers (id int)")
    assert 'did you mean "customers"?' in told({"url": url, "table": "custmers"})
    assert "cannot be read" in told({"url": url, "query": "SELEKT 1"})
    assert "cannot be read" in told({"url": url, "table": "customers", "where": "nope = 1"})
    assert "twice" in told({"url": url, "query": "SELECT 1 AS a, 2 AS a"})


def test_nothing_can_be_changed(database):
    url, run, _ = database
    run("DROP TABLE IF EXISTS kept")
    run("CREATE TABLE kept (id int)")
    run("INSERT INTO kept VALUES (1)")
    for statement in ("DELETE FROM kept", "DROP TABLE kept", "SELECT 1; DELETE FROM kept"):
        with contextlib.suppress(SourceError):
            open_source({"url": url, "query": statement})
    assert read(url, table="kept").rows() == [(1,)]


def test_an_empty_table(database):
    url, run, _ = database
    run("DROP TABLE IF EXISTS vacant")
    run("CREATE TABLE vacant (id int, name varchar(5))")
    frame = read(url, table="vacant")
    assert (frame.height, frame.columns) == (0, ["id", "name"])
    assert frame.schema["id"].is_integer()
    assert frame.schema["name"] == pl.String


def test_a_table_larger_than_what_is_kept_in_memory(database, monkeypatch):
    monkeypatch.setattr("truthound.sources.temporary.IN_MEMORY", 1000)
    url, run, _ = database
    run("DROP TABLE IF EXISTS big")
    run("CREATE TABLE big (id int, t varchar(30))")
    run("INSERT INTO big VALUES " + ", ".join(f"({i}, 'row {i}')" for i in range(5000)))
    frame = open_source({"url": url, "table": "big"}).frame
    for _ in range(2):
        assert frame.select(pl.col("id").sum(), pl.col("t").n_unique()).collect(engine="streaming").row(0) == (
            12_497_500,
            5000,
        )


# --- addresses -----------------------------------------------------------------------------------------------------

PASSWORDS = ["s3cret!", "p@ss:w/o#r?d%", "käse", "a b", "x" * 60, "p%40ss"]


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_passwords_are_never_shown(kind, password):
    from urllib.parse import quote

    port = socket.create_server(("127.0.0.1", 0))
    free = port.getsockname()[1]
    port.close()
    for written in (quote(password, safe=""), password):
        url = f"{kind}://ann:{written}@127.0.0.1:{free}/shop"
        for spec in ({"url": url, "table": "t"}, f"{url}#t", {"url": url, "query": "SELECT 1"}):
            shown = [describe(spec)]
            with pytest.raises((SourceError, ConfigError)) as caught:
                open_source(spec)
            shown += [str(caught.value), repr(caught.value)]
            for text in shown:
                assert password not in text
                assert written not in text
            assert describe(spec).startswith(f"{kind}://ann:•••@")


def test_a_password_that_is_refused(postgres):
    postgres.execute("DROP ROLE IF EXISTS th_sources_user")
    message = told(POSTGRES.replace("postgres@", "no_such_role_of_ours:hunter22@") + "#t")
    assert "no_such_role_of_ours" in message
    assert "hunter22" not in message


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:p@h/db", "postgresql://u:•••@h/db"),
        ("postgresql://u:p@w@h/db", "postgresql://u:•••@h/db"),
        ("postgresql://u:p/w@h/db", "postgresql://u:•••@…"),
        ("postgresql://u:12/w@h/db", "postgresql://u:•••@…"),
        ("postgresql://u:p#w@h/db", "postgresql://u:•••@…"),
        ("postgresql://h/db?password=pw&user=u", "postgresql://h/db"),
        ("postgresql://h/db?password=p#w", "postgresql://h/db"),
        ("mysql+pymysql://u:p@h/db", "mysql+pymysql://u:•••@h/db"),
        ("sqlite:///x.db", "sqlite:///x.db"),
        ("https://tok:en@h/x.csv", "https://•••@h/x.csv"),
        ("https://h/x.csv?sig=abc", "https://h/x.csv?•••"),
        ("s3://bucket/a@b.parquet", "s3://bucket/a@b.parquet"),
    ],
)
def test_names_without_secrets(url, shown):
    spec = {"url": url, "table": "t"} if "h/db" in url or "sqlite" in url else url
    assert describe(spec).removesuffix("#t") == shown


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("postgresql://h/db", "is a database; name a table or a query"),
        ({"url": "postgresql://h/db#a", "table": "b"}, "the URL names another table after #"),
        ({"url": "postgresql://h/db#a", "query": "SELECT 1"}, "the URL names a table after #"),
        ({"url": "postgresql://h/db", "query": " ; "}, "query: is empty"),
        ({"url": "postgresql://h/db", "table": "a", "query": "SELECT 1"}, "table, query: give one of them"),
        ({"url": "postgresql://h/db", "table": "a", "format": "csv"}, "format: a database does not take it"),
        ({"url": "postgresql://h/db", "table": "a", "options": {"x": 1}}, "options: a database does not take it"),
        ({"url": "postgresql://h:nan/db", "table": "a"}, "a port is a number"),
        ({"url": "postgresql://h:70000/db", "table": "a"}, "port 70000 does not exist"),
        ({"url": "postgresql://u:p/w@h/db", "table": "a"}, "write @ : / ? # %"),
        ({"url": "postgresql://h/db", "table": 'a"b'}, "cannot be read; write schema.table"),
        ({"url": "postgresql://h/db", "table": "a..b"}, "cannot be read; write schema.table"),
        ({"url": "mysql://h/db?conect_timeout=1", "table": "a"}, 'did you mean "connect_timeout"?'),
        ({"url": "mysql://h/db?connect_timeout=x", "table": "a"}, "must be a number"),
        ({"url": "sqlite://x.db", "table": "a"}, "write sqlite:///file.db"),
        ({"url": "sqlite:///", "table": "a"}, "does not name a file"),
        ("postgrsql://h/db#t", 'did you mean "postgresql"?'),
        ("oracle://h/db#t", "is not a data source"),
    ],
)
def test_addresses_that_are_wrong(spec, problem):
    with pytest.raises(ConfigError) as caught:
        open_source(spec)
    assert problem in str(caught.value)


def test_database_files(sqlite, tmp_path):
    sqlite.execute("CREATE TABLE t (a int)")
    assert told(f"sqlite:///{tmp_path / 'y.db'}#t").endswith('did you mean "x.db"?')
    assert f"write sqlite:////{str(tmp_path).lstrip('/')}/x.db" in told(f"sqlite:///{str(tmp_path).lstrip('/')}/x.db#t")
    (tmp_path / "z.db").write_text("not a database at all")
    assert "is not a SQLite file" in told(f"sqlite:///{tmp_path / 'z.db'}#t")
    assert "is not a DuckDB file" in told(f"duckdb:///{tmp_path / 'x.db'}#t")
    assert open_source({"path": "x.db", "format": "sqlite", "table": "t"}, base=tmp_path).frame.collect().columns == [
        "a"
    ]
    (tmp_path / "x.db").rename(tmp_path / "x.sqlite")
    assert open_source({"path": "x.sqlite", "table": "t"}, base=tmp_path).kind == "sql"
    assert open_source("sqlite:///x.sqlite#t", base=tmp_path).kind == "sql"


def test_a_database_that_is_locked(duck, tmp_path):
    import subprocess
    import sys

    url = duck("CREATE TABLE t (a int)")
    code = f"import duckdb, sys; c = duckdb.connect({str(tmp_path / 'x.duckdb')!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"open\n"
        assert "lock" in told(f"{url}#t")
        child.stdin.close()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_server_that_is_silent(kind):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        bound = "connect_timeout=2" if kind == "postgresql" else "connect_timeout=2&read_timeout=1"
        started = time.monotonic()
        message = told(f"{kind}://u:hunter22@127.0.0.1:{port}/db?{bound}#t")
        assert time.monotonic() - started < 10
        assert "hunter22" not in message


def test_variables_of_python_are_no_tables(duck):
    url = duck("CREATE TABLE t (a int)")
    connection = pl.DataFrame({"secret": [1]})
    assert connection.height == 1
    assert "cannot be read" in told({"url": url, "query": "SELECT * FROM connection"})
