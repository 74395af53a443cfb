"""Null counts of Parquet files are the same, whether a column is read or its statistics settle them."""

import polars as pl
import pytest

from truthound.engine.condition import Condition
from truthound.engine.measures import SQL, Between, CountWhere, IsNull, Not, RowCount
from truthound.engine.polars import null_counts
from truthound.engine.polars.backend import PolarsBackend
from truthound.validation.validate import check


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(null_counts, "MANY", 10)
    path = tmp_path / "t.parquet"
    frame = pl.DataFrame(
        {
            "none": range(40),
            "some": [None if i in (3, 39) else f"{i}" for i in range(40)],
            "^all.*$": pl.Series([None] * 40, dtype=pl.Float64),
            "list": [None if i == 5 else [i, None] for i in range(40)],
            "read": [None, *range(39)],
        }
    )
    frame.write_parquet(path, row_group_size=8)
    return path


@pytest.mark.parametrize("statistics", [True, False])
def test_counts(file, statistics):
    backend = PolarsBackend(pl.scan_parquet(file), statistics=statistics)
    columns = {"none": 0, "some": 2, "^all.*$": 40, "list": 1, "read": 1}
    nulls = {c: CountWhere(IsNull(c)) for c in columns}
    some = CountWhere(IsNull("some"), SQL(Condition("none < 10")))
    got = backend.measure([*nulls.values(), some, CountWhere(Not(Between("read", 1, 100))), RowCount()])
    assert {c: got[x] for c, x in nulls.items()} == columns
    assert got[some] == 1
    assert got[RowCount()] == 40


def test_only_columns_that_nothing_else_reads_are_counted_apart(file, monkeypatch):
    apart = []
    monkeypatch.setattr(null_counts, "named", lambda c: apart.append(c) or pl.col(c))
    result = check(
        file, [{"null": {"columns": ["none", "some", "read"]}}, {"range": {"columns": ["read"], "min_value": 0}}]
    )
    assert apart == ["none", "some"]
    assert [o.failed for o in result.outcomes] == [0, 2, 1, 0]
    del apart[:]
    check(file, [{"null": {"columns": ["none"]}}], sample_size=20)
    assert not apart
