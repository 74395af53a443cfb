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
    assert (source.kind, source.name, source.path, source.reparse) == ("memory", name, None, False)
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
        (pd.DataFrame({"a": [1, "x"], "b": [1, 2]}), 'column "a" (object) holds int, str; give it one type'),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), 'column "a" is there twice'),
        (pd.Series([1]), "a pandas Series is not a table"),
        (pl.Series([1]), "a polars Series is not a table"),
        (pa.array([1]), "is not a table"),
        (pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), 'column "a" is there twice'),
        (lambda: duckdb.sql("SELECT 1 AS a, 2 AS a"), 'the column "a" is there twice'),
        ({"a": [1], "b": [1, 2]}, 'its columns differ in length: "a" 1, "b" 2'),
        ({"a": [1, "x"]}, 'column "a": holds int, str; give it one type'),
        ({1: [1]}, "the name 1 is not text"),
        ([{"a": 1}, {"a": "x"}], 'column "a": holds int, str; give it one type'),
        ([{"a": 1}, {"a": {"b": 2}}], 'column "a" holds number and object; give it one type'),
        ([{}], "its rows have no columns"),
    ],
)
def test_tables_that_cannot_be_read(data, words):
    data = data() if callable(data) else data
    with pytest.raises(SourceError) as caught:
        open_source(data)
    assert words in str(caught.value)


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

    spec = Spec("memory", "mine", format="columns", data={"a": [1, 2]}, where="a > 1")
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
