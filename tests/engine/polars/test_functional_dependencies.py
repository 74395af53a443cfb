"""Functional dependencies: counts and rows equal a walk over the table in plain Python."""

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from truthound.engine import RowRequest
from truthound.engine.condition import Condition
from truthound.engine.measures import SQL, CountWhere, Inconsistent, RowCount
from truthound.engine.polars import functional_dependencies
from truthound.engine.polars.backend import PolarsBackend

CELLS = {
    "int": (pl.Int64, st.one_of(st.none(), st.integers(0, 2))),
    "text": (pl.String, st.one_of(st.none(), st.sampled_from(["", "a", "A"]))),
    "float": (pl.Float64, st.one_of(st.none(), st.sampled_from([0.0, -0.0, 1.5, float("nan")]))),
    "bool": (pl.Boolean, st.one_of(st.none(), st.booleans())),
    "at": (
        pl.Datetime("us", "UTC"),
        st.one_of(st.none(), st.datetimes(datetime(2024, 1, 1), datetime(2024, 1, 2), timezones=st.just(UTC))),
    ),
    "code": (pl.Categorical, st.one_of(st.none(), st.sampled_from(["x", "y"]))),
}


@st.composite
def tables(draw):
    names = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=2, max_size=3, unique=True))
    height = draw(st.integers(0, 12))
    data = {n: draw(st.lists(CELLS[n][1], min_size=height, max_size=height)) for n in names}
    return pl.DataFrame(data, schema={n: CELLS[n][0] for n in names}, strict=False)


def same(cell):
    return "NaN" if cell != cell else cell


def by_hand(frame):
    """The numbers of the rows that agree with another one in all columns but the last."""
    rows = [tuple(map(same, row)) for row in frame.iter_rows()]
    values = {}
    for *key, value in rows:
        if None not in (*key, value):
            values.setdefault(tuple(key), set()).add(value)
    return [i for i, (*key, value) in enumerate(rows, 1) if None not in (*key, value) and len(values[tuple(key)]) > 1]


def found(frame, where=None):
    *key, column = frame.columns
    predicate = Inconsistent(tuple(key), column)
    backend = PolarsBackend(frame.lazy())
    count = backend.measure([CountWhere(predicate, where)])[CountWhere(predicate, where)]
    rows = backend.rows({"x": RowRequest(predicate, where, 100, column)})["x"].rows
    bad = backend.split({"x": (predicate, where)}).bad.collect()
    assert count == len(rows) == bad.height
    return [n for n, _ in rows]


@given(tables())
def test_equal_to_a_walk_over_the_rows(frame):
    assert found(frame) == by_hand(frame)


def test_only_rows_that_a_filter_leaves_disagree():
    frame = pl.DataFrame({"n": [1, 2, 3, 4], "k": ["a", "a", "b", "b"], "v": [1, 2, 1, 2]})
    predicate, where = Inconsistent(("k",), "v"), SQL(Condition("n > 1"))
    backend = PolarsBackend(frame.lazy())
    assert backend.measure([CountWhere(predicate, where), RowCount()])[CountWhere(predicate, where)] == 2
    assert [n for n, _ in backend.rows({"x": RowRequest(predicate, where, 10)})["x"].rows] == [3, 4]


@pytest.mark.parametrize("values", [["1", "1", "2", "2"], ["1", "2", "3", "3"]])
def test_keys_that_share_a_hash_are_told_apart(monkeypatch, values):
    plain = functional_dependencies.key_of

    def colliding(given, types, seed):
        return (
            (pl.lit(1, pl.UInt64) + given[0].hash() * 0, False)
            if seed == functional_dependencies.SEED
            else plain(given, types, seed)
        )

    monkeypatch.setattr(functional_dependencies, "key_of", colliding)
    frame = pl.DataFrame({"k": ["a", "a", "b", "b"], "v": values})
    assert found(frame) == by_hand(frame)
