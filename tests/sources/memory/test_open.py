"""Tables in memory."""

import datetime as dt
import subprocess
import sys
from decimal import Decimal

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from truthound.engine.condition import Condition
from truthound.errors import ConfigError, SourceError
from truthound.sources import describe, open_source

ROWS = [(1, "a"), (2, None)]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (pl.DataFrame(ROWS, schema=["n", "t"], orient="row"), "polars DataFrame"),
        (pl.LazyFrame({"n": [1, 2], "t": ["a", None]}), "polars LazyFrame"),
        (pd.DataFrame({"n": [1, 2], "t": ["a", None]}), "pandas DataFrame"),
        (pa.table({"n": [1, 2], "t": ["a", None]}), "pyarrow Table"),
        (pa.RecordBatch.from_pydict({"n": [1, 2], "t": ["a", None]}), "pyarrow RecordBatch"),
        (ds.dataset(pa.table({"n": [1, 2], "t": ["a", None]})), "pyarrow InMemoryDataset"),
        (lambda: duckdb.sql("SELECT * FROM (VALUES (1, 'a'), (2, NULL)) AS v(n, t)"), "duckdb DuckDBPyRelation"),
        ({"n": [1, 2], "t": ["a", None]}, "dict of lists"),
        ({"n": (1, 2), "t": pl.Series(["a", None])}, "dict of lists"),
        ([{"n": 1, "t": "a"}, {"n": 2}], "list of dicts"),
    ],
)
def test_kinds(data, name):
    data = data() if callable(data) else data  # relations must not outlive the test
    source = open_source(data)
    assert (source.kind, source.name, source.path) == ("memory", name, None)
    assert describe(data) == describe(source) == name
    for _ in range(2):
        assert source.frame.collect().rows() == ROWS


def test_a_polars_frame_is_not_copied():
    lazy = pl.LazyFrame({"a": [1]})
    assert open_source(lazy).frame is lazy


class Mine(pd.DataFrame):
    """A class of a user's own."""


def test_subclasses_and_other_arrow_tables():
    assert open_source(Mine({"a": [1]})).frame.collect().rows() == [(1,)]

    class Stream:
        def __arrow_c_stream__(self, requested_schema=None):
            return pa.table({"a": [5]}).__arrow_c_stream__()

    assert open_source(Stream()).frame.collect().rows() == [(5,)]


def test_pandas_types():
    frame = pd.DataFrame({
        "f": [1.5, float("nan")], "i": pd.array([1, None], dtype="Int64"), "c": pd.Categorical(["x", None]), "b": [True, False],
        "d": pd.to_datetime(["2024-01-02", None]), "z": pd.to_datetime(["2024-01-02T03:00Z", None]), "o": [Decimal("1.1"), None],
        5: ["int", "name"],
    })  # fmt: skip
    read = open_source(frame).frame.collect()
    assert read.row(0, named=True) == {
        "f": 1.5, "i": 1, "c": "x", "b": True, "d": dt.datetime(2024, 1, 2), "z": dt.datetime(2024, 1, 2, 3, tzinfo=dt.UTC), "o": Decimal("1.1"),
        "5": "int",
    }  # fmt: skip
    assert read.row(1)[:3] == (None, None, None)  # NaN is pandas' word for a missing value


def test_duckdb_types_without_arrow_counterparts():
    relation = duckdb.sql(
        "SELECT 170141183460469231731687303715884105727::hugeint AS h, INTERVAL 1 day AS i, NULL AS n"
    )
    assert open_source(relation).frame.collect().rows() == [(2**127 - 1, "1 day", None)]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), 'column "a" is there twice'),
        (pd.Series([1]), "a pandas Series is not a table"),
        (pl.Series([1]), "a polars Series is not a table"),
        (pa.array([1]), "is not a table"),
        (pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), 'column "a" is there twice'),
        (lambda: duckdb.sql("SELECT 1 AS a, 2 AS a"), 'the column "a" is there twice'),
        ({"a": [1], "b": [1, 2]}, 'its columns differ in length: "a" 1, "b" 2'),
        ({1: [1]}, "the name 1 is not text"),
        ([{}], "its rows have no columns"),
    ],
)
def test_tables_that_cannot_be_read(data, words):
    data = data() if callable(data) else data
    with pytest.raises(SourceError) as caught:
        open_source(data)
    assert words in str(caught.value)


MIXED = [dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, 5), None]
NAIVE, AWARE = dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (MIXED, "it holds date, datetime; give it one type"),
        ([[MIXED[0]], [MIXED[1]]], "it holds date, datetime; give it one type"),
        ([1, "x"], "it holds int, str; give it one type"),
        ([True, 2], "it holds bool, int; give it one type"),
        ([2, True], "it holds bool, int; give it one type"),
        ([2.5, Decimal("1.1")], "it holds Decimal, float; give it one type"),
        ([0.5, 2**53 + 1], "it holds float, int beyond 2^53, which no one type holds exactly; give it one type"),
        ([[2**53 + 1], [0.5]], "it holds float, int beyond 2^53, which no one type holds exactly; give it one type"),
        ([2**128], "it holds integers beyond 128 bits"),
        ([NAIVE, AWARE], "it holds times with a time zone and without; give it one type"),
        ([dt.time(1, tzinfo=dt.UTC)], "it holds times of day with a time zone"),
        ([dt.timedelta.max], "it holds a timedelta beyond"),
        ([Decimal("0.1234567890123456"), Decimal("NaN")], "it holds NaN or infinity among decimals"),
        ([Decimal("1" * 39)], "it holds decimals beyond 38 digits"),
        ([{"a": 1}, {"a": "x"}], 'it holds int, str; give it one type (in its field "a")'),
        ([1, {"b": 2}], "it holds dict, int; give it one type"),
        ([1j], "it holds complex, which no type of a column holds"),
        (["\ud800"], "it holds text that is not Unicode"),
    ],
)
def test_a_column_that_no_type_holds_is_unreadable_and_the_others_are_read(values, words):
    ids = list(range(len(values)))
    for data in (
        {"id": ids, "x": values},
        [{"id": i, "x": v} for i, v in zip(ids, values, strict=True)],
        pd.DataFrame({"id": ids, "x": pd.Series(values, dtype=object)}),
        pl.DataFrame({"id": ids, "x": pl.Series(values, dtype=pl.Object)}),
    ):
        if isinstance(data, pd.DataFrame) and isinstance(values[-1], Decimal) and values[-1].is_nan():
            continue  # pandas' word for a missing value
        source = open_source(data)
        assert list(source.unreadable) == ["x"]
        assert words in source.unreadable["x"]
        frame = source.frame.collect()
        assert (frame.columns, frame["id"].to_list()) == (["id", "x"], ids)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1, 2.5], pl.Float64), ([[1], [2.5]], pl.List(pl.Float64)), ([1, Decimal("1.1")], pl.Decimal(38, 1)),
        ([1, 2**63], pl.UInt64), ([-1, 2**64], pl.Int128), ([1, 2**127], pl.UInt128), ([Decimal("1E+3")], pl.Decimal(38, 0)),
        ([Decimal("1e60"), Decimal("Infinity")], pl.Float64), ([{"a": 1}, {"b": [0.5]}], None), ([None, None], pl.Null),
        ([dt.date.min, dt.date.max], pl.Date), ([dt.datetime.min, dt.datetime.max], pl.Datetime("us")),
    ],
)  # fmt: skip
def test_values_are_kept_exactly(values, dtype):
    for data in ({"x": values}, pd.DataFrame({"x": pd.Series(values, dtype=object)})):
        source = open_source(data)
        column = source.frame.collect()["x"]
        assert not source.unreadable
        if dtype is None:
            assert column.to_list() == [{"a": 1, "b": None}, {"a": None, "b": [0.5]}]
        else:
            assert column.dtype == dtype
            assert column.to_list() == (list(map(float, values)) if dtype == pl.Float64 else values)


def test_types_that_the_engine_lacks():
    months = pd.Series(pd.period_range("2024-01", periods=2, freq="M"))
    read = open_source(pd.DataFrame({"p": months, "s": pd.arrays.SparseArray([1, 0])})).frame.collect()
    assert read.rows() == [("2024-01", 1), ("2024-02", 0)]
    far = pd.DataFrame({"id": [1], "x": pd.array([2**60], dtype="int64").astype("datetime64[s]")})
    assert "beyond 285 million years" in open_source(far).unreadable["x"]
    late = pa.table({"id": [1, 2], "t": pa.array([86_400 * 10**6, 5], pa.int64()).cast(pa.time64("us"))})
    assert open_source(late).unreadable == {"t": "it holds 24:00:00, which no time of day is"}
    union = pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])])
    table = pa.table({
        "id": [1, 2], "u": union, "d": pa.array([Decimal("1.1"), None], pa.decimal256(76, 2)), "v": pa.array([[1], [2]], pa.list_view(pa.int64())),
        "j": pa.array(["{}", None], pa.json_()), "s": pa.array([1, 2], pa.timestamp("s")),
    })  # fmt: skip
    source = open_source(table)
    assert list(source.unreadable) == ["u"]
    moment = dt.datetime(1970, 1, 1, 0, 0, 1)
    assert source.frame.collect().row(0) == (1, None, Decimal("1.1"), [1], "{}", moment)
    lazily = open_source(ds.dataset(table))
    assert list(lazily.unreadable) == ["u", "d", "v"]
    assert lazily.frame.collect().row(0) == (1, None, None, None, "{}", moment)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "data_source is a NoneType; it may be a path"),
        (5, "data_source is an int"),
        (object(), "data_source is an object"),
        ([], "is an empty list"),
        ([1], "a list that holds an int"),
        ({}, "is an empty mapping"),
        ({"a": 1}, "a: unknown key"),
        ({"pth": "x.csv"}, 'pth: unknown key; did you mean "path"?'),
        ({"path": "x.csv", "wher": "a"}, 'wher: unknown key; did you mean "where"?'),
        ({"path": "x.csv", "url": "y"}, "path, url: give one of them"),
        ({"path": 5}, "path: must be text, not an int"),
        ({"path": "x.csv", "options": "a"}, "options: must be a mapping"),
        ({"path": "x.csv", "table": "t"}, "table: a file does not take it"),
        ({"path": "x.csv", "where": " "}, "where: is empty"),
        ({"format": "csv"}, "path: is missing"),
        ("ftp://h/x.csv", '"ftp://" is not a data source'),
        ("file://host/x.csv", "names the machine host"),
    ],
)
def test_specifications_that_are_wrong(data, words):
    with pytest.raises(ConfigError) as caught:
        open_source(data)
    assert words in str(caught.value)


def test_columns_named_like_keys():
    assert open_source({"path": ["a", "b"], "where": ["x", "y"]}).frame.collect().height == 2


def test_all_mistakes_at_once():
    with pytest.raises(ConfigError) as caught:
        open_source({"path": "x", "url": "y", "optoins": {}, "table": "a", "query": "b"})
    assert len(caught.value.problems) == 3


def test_where():
    from truthound.sources import Spec

    spec = Spec("memory", "mine", format="columns", data={"a": [1, 2]}, where=Condition("a > 1"))
    assert open_source(spec).frame.collect().rows() == [(2,)]


def fresh(code):
    """What a new interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_libraries_are_not_imported_to_ask():
    heavy = "print(*[m for m in ('polars', 'pandas', 'pyarrow', 'duckdb', 'psycopg', 'pymysql', 'numpy') if m in sys.modules])"
    assert fresh(f"import sys, truthound.sources; truthound.sources.describe('postgresql://u:p@h/d#t'); {heavy}") == []
    assert fresh(
        f"import sys; from truthound.sources import open_source; open_source({{'a': [1]}}).frame.collect(); {heavy}"
    ) == ["polars"]
