"""Aggregates are the same in one pass and in several, where columns that Python checks have their own."""

import polars as pl
import pytest

from truthound.engine.measures import Aggregate, CountWhere, Format, IsNull, Not, RowCount
from truthound.engine.polars import streaming
from truthound.engine.polars.backend import PolarsBackend
from truthound.validators.formats import FORMATS

FRAME = pl.DataFrame(
    {
        "^mail$": ["a@b.co", "x", None, "y"],
        "doc": ["{}", "{", "1", None],
        "n": [1, 2, 3, 4],
        "card": ["4111111111111111"] * 4,
    }
)
ASKED = {
    CountWhere(Not(FORMATS["email"].predicate("^mail$"))): 2,
    CountWhere(IsNull("^mail$")): 1,
    CountWhere(Not(Format("doc", "json"))): 1,
    CountWhere(FORMATS["credit_card"].predicate("card")): 4,
    Aggregate("n", "sum"): 10,
    Aggregate("doc", "max"): "{}",
    RowCount(): 4,
}


@pytest.mark.parametrize(("statistics", "count"), [(True, 4), (False, 1)])
def test_passes(tmp_path, monkeypatch, statistics, count):
    FRAME.write_parquet(tmp_path / "t.parquet")
    taken, plain = [], streaming._evaluate_queries
    monkeypatch.setattr(streaming, "_evaluate_queries", lambda frame, asked: taken.append(asked) or plain(frame, asked))
    backend = PolarsBackend(pl.scan_parquet(tmp_path / "t.parquet"), statistics=statistics)
    assert backend.measure(ASKED) == ASKED
    assert len(taken) == count
    assert sorted(x for group in taken for x in map(repr, group)) == sorted(map(repr, ASKED))
