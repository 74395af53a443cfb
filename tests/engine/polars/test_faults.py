"""Rows for which a condition has no answer: an error of its check alone, and only where the answer depends on them."""

import datetime as dt
import subprocess
import sys
from decimal import Decimal

import polars as pl
import pytest

import truthound as th
from truthound.engine.condition import Condition
from truthound.engine.measures import SQL, CountWhere
from truthound.engine.polars.backend import PolarsBackend
from truthound.errors import ValidatorError
from truthound.validation.validate import validate

DATA = {"s": ["1", "x", "3", None], "g": [1, 0, 2, None], "big": [1, 2**62, 2**62, None], "i": [1, 2, 3, 4]}


def count(text, data=DATA):
    measure = CountWhere(SQL(Condition(text)))
    return PolarsBackend(pl.LazyFrame(data)).measure([measure])[measure]


@pytest.mark.parametrize(
    "text", ["cast(s as int) > 1", "10 // g > 1", "i % g = 0", "big + big > 0", "big * big > 0", "-big - big - big < 0", "s::date < '2024-01-01'", "i > 0 and cast(s as int) > 0", "i < 0 or 10 // g > 0"]
)  # fmt: skip
def test_a_row_without_an_answer_is_an_error(text):
    assert "TRY_CAST" in str(count(text))
    bad, good = th.check(DATA, [{"expression": {"expression": text}}, {"expression": {"expression": "i > 0"}}]).outcomes
    assert (bad.status, good.status) == ("error", "passed")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("s <> 'x' and cast(s as int) > 1", 1), ("cast(s as int) > 1 and s <> 'x'", 1), ("s = 'x' or cast(s as int) > 1", 2), ("try_cast(s as int) > 1", 1),
        ("case when g = 0 then false else 10 // g > 1 end", 2), ("coalesce(g = 0, 10 // g > 1)", 1), ("try(10 // g) > 1", 2), ("g > 0 and 10 // g > 1", 2),
        ("big < 100 and big + big > 1", 1), ("big - 1 > 0", 2), ("big * 1 > 1", 2), ("big - big = 0", 3), ("if(big < 9, big * big, 0) = 1", 1), ("10.0 / g > 5", 2),
    ],
)  # fmt: skip
def test_what_guards_a_fault_hides_it(text, rows):
    assert count(text) == rows


def test_a_filter_guards_an_expression_and_a_split():
    rule = {"expression": {"expression": "cast(s as int) > 1", "where": "s <> 'x'"}}
    done = validate(DATA, [rule])
    (found,) = done.result.outcomes
    assert (found.failed, found.total, [e.row for e in found.examples]) == (1, 2, [1])
    assert done.split().bad.collect()["s"].to_list() == ["1"]
    (broken,) = th.check(DATA, [{"null": {"columns": "i", "where": "cast(s as int) > 1"}}]).outcomes
    assert broken.status == "error"


@pytest.mark.parametrize(
    ("text", "data", "rows"),
    [
        ("a > b", {"a": [2**53 + 1], "b": [2.0**53]}, 1), ("a = b", {"a": [2**53 + 1], "b": [2.0**53]}, 0), ("a = 9007199254740993.0", {"a": [2**53 + 1]}, 1),
        ("f = 9007199254740993", {"f": [2.0**53]}, 0), ("f < 9007199254740993", {"f": [2.0**53]}, 1), ("a < b", {"a": [None, 1], "b": [1.5, None]}, 0),
        ("u > i", {"u": pl.Series([2**63], dtype=pl.UInt64), "i": pl.Series([2**63 - 1], dtype=pl.Int64)}, 1), ("m < n", {"m": [Decimal("1.10")], "n": [Decimal("1.105")]}, 1),
        ("x / 10 <= 0.3", {"x": [3.0]}, 1), ("a / 10 = 0.7", {"a": [7]}, 1), ("round(x, 2) = 0.29", {"x": [0.29]}, 1),
        ("ns < d", {"ns": pl.Series([1], dtype=pl.Datetime("ns")), "d": [dt.date(9999, 12, 31)]}, 1), ("ns < us", {"ns": pl.Series([1], dtype=pl.Datetime("ns")), "us": [dt.datetime(9999, 12, 31)]}, 1),
        ("ms < us", {"ms": pl.Series([1], dtype=pl.Datetime("ms")), "us": pl.Series([1001], dtype=pl.Datetime("us"))}, 1),
        ("upper(s) = 'STRAẞE'", {"s": ["straße"]}, 1), ("s = null or s is null", {"s": [None]}, 1), ("n is null and upper(n) is null", {"n": pl.Series([None], dtype=pl.Null)}, 1),
    ],
)  # fmt: skip
def test_nothing_is_rounded_to_be_compared(text, data, rows):
    assert count(text, data) == rows


def test_the_time_is_that_of_the_run():
    rule = {"expression": {"expression": "d < current_date and t < now()"}}
    data = {
        "d": [dt.date(2024, 1, 1), dt.date(2024, 1, 2)],
        "t": [dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2, 12)],
    }
    at = dt.datetime(2024, 1, 2, 1, tzinfo=dt.timezone(dt.timedelta(hours=2)))  # the day before in UTC
    assert validate(data, [rule], clock=lambda: at).result.outcomes[0].failed == 2
    assert validate(data, [rule], clock=lambda: at + dt.timedelta(days=1)).result.outcomes[0].failed == 1


def test_a_condition_may_be_long_and_is_refused_when_it_is_too_deep():
    assert count(" or ".join(f"i = {n}" for n in range(2000))) == 4
    with pytest.raises((ValidatorError, ValueError), match="too deep"):
        raise count("(" * 5000 + "i" + ")" * 5000 + " > 0")


CODE = """
import sys
import truthound as th
assert not {"sqlglot", "duckdb"} & set(sys.modules)
sys.modules["pyarrow"] = sys.modules["pandas"] = sys.modules["numpy"] = None
data = {"a": [1, 2, None], "s": ["x", "y", None], "l": [[1], [], None]}
rules = [{"sql": {"query": "SELECT s, sum(a) AS n FROM data GROUP BY s ORDER BY n LIMIT 1"}}, {"expression": {"expression": "upper(s) = 'X'"}}]
print([(o.failed, o.examples[0].values) for o in th.check(data, rules).outcomes])
"""


def test_queries_need_no_pyarrow_and_sql_is_loaded_where_it_is_used():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("[(1, {'s': 'x', 'n': 1}), (1, {'a': 2, 's': 'y'")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM data WHERE s > 5", "SELECT i FROM data WHERE s LIKE 'x%' OR s > date '2024-01-01'", "SELECT i FROM data WHERE year(s) > 1",
        "SELECT sum(s) FROM data HAVING sum(s) > 1",
    ],
)  # fmt: skip
def test_a_column_without_any_value_fits_every_query(query):
    rule = {"sql": {"query": query}}
    for dtype in (pl.String, pl.Null) if "LIKE" not in query else (pl.String,):  # no type has both
        (found,) = th.check({"s": pl.Series([None, None], dtype=dtype), "i": [1, 2]}, [rule]).outcomes
        assert (found.status, found.failed) == ("passed", 0), found.error
    (found,) = th.check({"s": ["x", None], "i": [1, 2]}, [rule]).outcomes
    assert found.status == "error"
    assert "cast" in found.error
    assert (
        th.check({"s": [None], "i": [1]}, [{"sql": {"query": "SELECT * FROM data WHERE s LIKE 'x%'"}}])
        .outcomes[0]
        .failed
        == 0
    )


@pytest.mark.parametrize("condition", ["i = f", "i IN (f, 1)", "i = 9007199254740992e0"])
def test_a_query_with_a_filter_rounds_what_duckdb_rounds(condition):
    data = {"i": [2**53 + 1, 5], "f": [2.0**53, 6.0]}
    plain, nested = (f"SELECT * FROM {t} WHERE {condition}" for t in ("data", "(SELECT * FROM data)"))
    found = th.check(data, [{"sql": {"query": q}} for q in (plain, nested)]).outcomes
    assert [o.failed for o in found] == [1, 1]


@pytest.mark.parametrize(
    ("zone", "wall", "moment"),
    [
        ("Europe/Berlin", "2024-03-31 02:30", "2024-03-31 01:30"), ("Europe/Berlin", "2024-10-27 02:30", "2024-10-27 01:30"),
        ("Australia/Lord_Howe", "2024-10-06 02:15", "2024-10-05 15:45"), ("Australia/Lord_Howe", "2024-04-07 01:45", "2024-04-06 15:15"),
        ("America/Sao_Paulo", "2018-11-04 00:30", "2018-11-04 03:30"), ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30 22:00"),
    ],
)  # fmt: skip
def test_wall_clocks_that_were_set_mean_what_duckdb_makes_of_them(zone, wall, moment):
    said = f"wall AT TIME ZONE '{zone}' = TIMESTAMPTZ '{moment}:00+00'"
    data = pl.DataFrame({"wall": [wall]}).with_columns(pl.col("wall").str.to_datetime("%Y-%m-%d %H:%M"))
    rules = [{"expression": {"expression": said}}, {"sql": {"query": f"SELECT * FROM data WHERE NOT ({said})"}}]
    assert [o.failed for o in th.check(data, rules).outcomes] == [0, 0]
