"""Duplicate counts equal a plain group-by, whichever way they are found."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from truthound.engine import RowRequest
from truthound.engine.condition import Condition
from truthound.engine.measures import SQL, CountWhere, DuplicateCounts, Duplicates, IsNull, Repeated, RowCount
from truthound.engine.polars import duplicate_keys, duplicates
from truthound.engine.polars.backend import PolarsBackend

CELLS = {
    "int": (pl.Int64, st.one_of(st.none(), st.integers(-3, 3), st.sampled_from([-(2**63), 2**63 - 1]))),
    "small": (pl.UInt8, st.one_of(st.none(), st.integers(0, 3))),
    "text": (pl.String, st.one_of(st.none(), st.sampled_from(["", "a", "A", "b\x00"]))),
    "float": (pl.Float64, st.one_of(st.none(), st.sampled_from([0.0, -0.0, 1.5, float("nan"), float("inf")]))),
    "date": (pl.Date, st.one_of(st.none(), st.dates(date(2024, 1, 1), date(2024, 1, 3)))),
    "bool": (pl.Boolean, st.one_of(st.none(), st.booleans())),
    "list": (pl.List(pl.Int64), st.one_of(st.none(), st.lists(st.integers(0, 1), max_size=2))),
}


@st.composite
def tables(draw):
    names = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=3, unique=True))
    height = draw(st.integers(0, 12))
    data = {n: draw(st.lists(CELLS[n][1], min_size=height, max_size=height)) for n in names}
    return pl.DataFrame(data, schema={n: CELLS[n][0] for n in names}, strict=False)


def plain(frame, columns, *, nulls):
    if not nulls:
        frame = frame.drop_nulls(columns)
    sizes = frame.group_by(columns).len().filter(pl.col("len") > 1)["len"].to_list()
    return DuplicateCounts(sum(sizes), sum(sizes) - len(sizes), len(sizes))


@given(tables(), st.booleans(), st.sampled_from([1, 3, 1 << 24]))
def test_equal_to_a_group_by(frame, nulls, in_memory):
    before, duplicate_keys.IN_MEMORY = duplicate_keys.IN_MEMORY, in_memory
    try:
        columns = tuple(frame.columns)
        wanted = [
            Duplicates(columns, nulls),
            Duplicates((), nulls),
            Duplicates(columns[:1], nulls),
            CountWhere(IsNull(columns[0])),
        ]
        got = PolarsBackend(frame.lazy()).measure(wanted)
    finally:
        duplicate_keys.IN_MEMORY = before
    assert got[wanted[0]] == got[wanted[1]] == plain(frame, columns, nulls=nulls)
    assert got[wanted[2]] == plain(frame, columns[:1], nulls=nulls)


@pytest.mark.parametrize("in_memory", [10, 1 << 24])
def test_tables_larger_than_memory_are_taken_in_parts(monkeypatch, in_memory):
    monkeypatch.setattr(duplicate_keys, "IN_MEMORY", in_memory)
    frame = pl.DataFrame({"a": [i * 7919 % 1000 for i in range(1500)], "b": [f"{i % 750}" for i in range(1500)]})
    got = PolarsBackend(frame.lazy()).measure([Duplicates(("a",)), Duplicates(("b",)), Duplicates((), nulls=True)])
    assert got[Duplicates(("a",))] == DuplicateCounts(1000, 500, 500)
    assert got[Duplicates(("b",))] == DuplicateCounts(1500, 750, 750)
    assert got[Duplicates((), nulls=True)] == DuplicateCounts(0, 0, 0)


def test_rows_come_side_by_side_with_their_numbers():
    frame = pl.LazyFrame({"k": [3, 1, 2, 1, 3, None, None], "v": list("abcbxyy")})
    backend = PolarsBackend(frame)
    backend.measure([Duplicates(("k",)), Duplicates((), nulls=True), RowCount()])
    rows = backend.rows({"key": RowRequest(Repeated(("k",))), "row": RowRequest(Repeated((), nulls=True))})
    assert [(n, r["k"]) for n, r in rows["key"].rows] == [(1, 3), (5, 3), (2, 1), (4, 1)]
    assert [n for n, _ in rows["row"].rows] == [2, 4, 6, 7]


def test_a_unique_key_settles_the_rows():
    frame = pl.LazyFrame({"k": range(100), "v": ["same"] * 100})
    backend = PolarsBackend(frame)
    got = backend.measure([Duplicates(("k",)), Duplicates((), nulls=True)])
    assert set(got.values()) == {DuplicateCounts(0, 0, 0)}


def test_a_unique_key_with_nulls_settles_nothing():
    frame = pl.LazyFrame({"k": [1, None, None], "v": ["a", "b", "b"]})
    got = PolarsBackend(frame).measure([Duplicates(("k",)), Duplicates((), nulls=True)])
    assert got[Duplicates(("k",))].rows == 0
    assert got[Duplicates((), nulls=True)].rows == 2


def test_within_a_filter():
    frame = pl.LazyFrame({"k": [1, 1, 2, 2], "on": [True, False, True, True]})
    got = PolarsBackend(frame).measure([Duplicates(("k",), where=SQL(Condition('"on"')))])
    assert list(got.values()) == [DuplicateCounts(2, 1, 1)]
    rows = PolarsBackend(frame).rows({"x": RowRequest(Repeated(("k",)), SQL(Condition('"on"')))})
    assert [n for n, _ in rows["x"].rows] == [3, 4]


@pytest.mark.parametrize(
    "values",
    [
        [datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC), None],
        [time(1, 2), time(1, 2), time(3)],
        [timedelta(days=1), timedelta(days=1), timedelta(0)],
        [Decimal("1.10"), Decimal("1.10"), Decimal(2)],
        [b"a", b"a", b"b"],
        [{"x": 1}, {"x": 1}, {"x": None}],
        [[1, 2], [1, 2], []],
    ],
)
def test_types(values):
    got = PolarsBackend(pl.LazyFrame({"a": values})).measure([Duplicates(("a",))])
    assert list(got.values()) == [DuplicateCounts(2, 1, 1)]


def test_no_columns_and_no_rows():
    assert list(PolarsBackend(pl.LazyFrame()).measure([Duplicates((), nulls=True)]).values()) == [
        DuplicateCounts(0, 0, 0)
    ]
    empty = pl.LazyFrame(schema={"a": pl.Int64})
    assert list(PolarsBackend(empty).measure([Duplicates(("a",))]).values()) == [DuplicateCounts(0, 0, 0)]


def measured(frame, *measures):
    backend = PolarsBackend(frame.lazy())
    return backend, backend.measure([*measures, RowCount()])


@pytest.mark.parametrize("fetched", [1, 1 << 16])
def test_whole_rows_are_compared_where_telling_columns_repeat(monkeypatch, fetched):
    monkeypatch.setattr(duplicates, "MAX_FETCHED", fetched)
    count = 400
    frame = pl.DataFrame(
        {"t": ["same"] * count, "n": range(count), "m": range(count), "u": [f"{i}" for i in range(count)]}
    )
    twins = pl.concat(
        [
            frame,
            frame[7:9],
            frame[20:21].with_columns(u=pl.lit("other")),
            frame[30:31].with_columns(m=pl.lit(0, pl.Int64)),
        ]
    )
    measure = Duplicates((), nulls=True)
    backend, got = measured(twins, measure)
    assert got[measure] == DuplicateCounts(4, 2, 2)
    rows = backend.rows({"x": RowRequest(Repeated((), nulls=True))})["x"].rows
    assert [n for n, _ in rows] == [8, 401, 9, 402]


@pytest.mark.parametrize("fetched", [1, 1 << 16])
@pytest.mark.parametrize("share", [0.001, 0.5])
def test_few_and_many_repeats_are_counted_and_shown_alike(monkeypatch, share, fetched):
    monkeypatch.setattr(duplicates, "MAX_FETCHED", fetched)
    keys = [f"k{i}" for i in range(2000)] + [f"k{i}" for i in range(5, 5 + int(2000 * share))]
    frame = pl.DataFrame({"k": [*keys, None, None], "v": 1})
    measure = Duplicates(("k",))
    backend, got = measured(frame, measure)
    assert got[measure] == plain(frame, ["k"], nulls=False)
    rows = backend.rows({"x": RowRequest(Repeated(("k",)), limit=3)})["x"].rows
    assert [n for n, _ in rows] == [6, 2001, 7][: 2 * int(2000 * share)]


def test_the_first_rows_tell_whether_keys_repeat():
    def often(keys, rows):
        key = duplicate_keys.hashed_key(("k",), {"k": pl.String()}, nulls=False)
        return duplicates._repeat_often(pl.LazyFrame({"k": keys}).with_columns(pl.col("k").cast(pl.String)), key, rows)

    scattered = [i * 7919 % 8000 for i in range(8000)] + list(range(0, 4000, 50))
    beside = sorted(scattered)
    assert often([*range(50), *range(50)], 100)
    assert often(scattered, 5_000_000)  # 80 twins among the first 8,080 rows: most of five million have one
    assert not often(scattered, 10_000)
    assert not often(beside, 5_000_000)  # a sorted column shows its twins wherever one looks
    assert not often([*range(8000)], 5_000_000)
