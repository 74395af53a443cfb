"""Measures, failing rows and the split of a table, by the Polars backend."""

import math
import statistics
from datetime import datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from truthound.engine import RowRequest
from truthound.engine.condition import Condition
from truthound.engine.measures import (
    SQL,
    Aggregate,
    Between,
    CountWhere,
    Gaps,
    Histogram,
    In,
    IsNull,
    KolmogorovSmirnov,
    Matches,
    Not,
    Orphan,
    Quantile,
    Query,
    Reference,
    ReferenceMeasure,
    Repeated,
    RowCount,
    TopValues,
)  # fmt: skip
from truthound.engine.polars import blocking, quantiles
from truthound.engine.polars.backend import PolarsBackend
from truthound.errors import SourceError, ValidatorError


def measure(wanted, frame, **options):
    return PolarsBackend(frame.lazy(), **options).measure([wanted])[wanted]


ABC = pl.DataFrame({"a": [3, 1, 2, None], "b": ["x", "y", "y", None], "f": [1.0, 2.0, float("nan"), None]})


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (RowCount(), 4), (RowCount(SQL(Condition("a > 1"))), 2), (CountWhere(IsNull("a")), 1), (CountWhere(IsNull("a"), SQL(Condition("a > 1"))), 0),
        (Aggregate("a", "min"), 1), (Aggregate("a", "max"), 3), (Aggregate("a", "sum"), 6), (Aggregate("a", "mean"), 2.0),
        (Aggregate("a", "std"), 1.0), (Aggregate("a", "count"), 3), (Aggregate("a", "distinct"), 3), (Aggregate("b", "distinct"), 2),
        (Aggregate("b", "min"), "x"), (Aggregate("a", "median"), 2.0), (Aggregate("a", "max", SQL(Condition("a < 3"))), 2),
        (Quantile("a", 0.25), 1.5), (Quantile("a", 1.0), 3.0), (Quantile("a", 0.5, SQL(Condition("a > 5"))), None),
        (TopValues("b", 1), (("y", 2),)), (TopValues("b", 5, SQL(Condition("b <> 'y'"))), (("x", 1),)), (Histogram("a", (2.0, 3.0)), (1, 1, 1)),
        (Query("SELECT a FROM data WHERE a > 1 ORDER BY a", 1), (2, ({"a": 2},))),
    ],
)  # fmt: skip
def test_measures(wanted, expected):
    assert measure(wanted, ABC) == expected


def test_nan_is_a_value_of_bounds():
    for function in ("min", "max", "mean", "sum"):
        value = measure(Aggregate("f", function), ABC)
        assert math.isnan(value)


@pytest.mark.parametrize("function", ["min", "max", "sum", "mean", "std", "median"])
def test_no_values_have_no_aggregate(function):
    assert measure(Aggregate("a", function), pl.DataFrame({"a": [None, None]}, schema={"a": pl.Float64})) is None
    assert measure(Aggregate("a", function), pl.DataFrame(schema={"a": pl.Int64})) is None


def test_sums_do_not_wrap_around():
    assert measure(Aggregate("a", "sum"), pl.DataFrame({"a": [2**62, 2**62, 2**62]})) == 3 * 2**62


def test_decimals():
    frame = pl.DataFrame({"a": [Decimal("1.10"), Decimal("2.20")]})
    assert measure(Aggregate("a", "sum"), frame) == Decimal("3.30")
    assert measure(Aggregate("a", "mean"), frame) == pytest.approx(1.65)
    assert measure(Quantile("a", 0.5), frame) == pytest.approx(1.65)


@pytest.mark.parametrize(
    "values", [list(range(1001)), [i * 7919 % 1000 / 7 for i in range(1000)], [5.0] * 50 + [1e300] * 50 + [-1e300]]
)
@pytest.mark.parametrize("q", [0.0, 0.1, 0.5, 0.975, 1.0])
def test_quantiles_of_columns_too_long_to_sort(monkeypatch, values, q):
    exact = pl.Series(values).quantile(q, "linear")
    monkeypatch.setattr(quantiles, "MAX_CELLS", 8)
    monkeypatch.setattr(blocking, "MAX_CELLS", 8)
    monkeypatch.setattr(quantiles, "MAX_SORTED", 4)
    assert measure(Quantile("a", q), pl.DataFrame({"a": values})) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("dtype", [pl.Float64, pl.Float32, pl.Int64, pl.UInt8, pl.Decimal(10, 2)])
@given(
    values=st.lists(st.sampled_from([None, 0, 1, 2, 3, 7, 50, 200, 255]), min_size=40, max_size=200),
    odd=st.lists(st.sampled_from([math.nan, math.inf, -math.inf, -0.0]), max_size=30),
    q=st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.integers(0, 64).map(lambda n: n / 64)),
)
def test_quantiles_by_a_sample_are_those_of_all(dtype, values, odd, q):
    column = pl.Series(values, dtype=dtype)
    if dtype.is_float():
        column.extend(pl.Series(odd, dtype=dtype))
    exact = (column.cast(pl.Float64) if dtype == pl.Decimal(10, 2) else column).quantile(q, "linear")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quantiles, "SAMPLE", 4)
        found = measure(Quantile("a", q), column.to_frame("a"))
    assert found is exact or found == pytest.approx(exact, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize(("order", "by_sample"), [("shuffled", True), ("sorted", True), ("periodic", False)])
def test_a_sample_that_misleads_is_noticed(order, by_sample):
    column = pl.Series([i * 7919 % 8011 for i in range(8011)])
    if order == "sorted":
        column = column.sort()
    if order == "periodic":  # the sample takes every fourth value, the smallest
        column = pl.Series([i // 4 if i % 4 == 0 else 10_000 + i for i in range(8000)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quantiles, "SAMPLE", 2000)
        assert (quantiles._around_rank(column, 0.5) is not None) is by_sample
        assert measure(Quantile("a", 0.5), column.to_frame("a")) == column.quantile(0.5, "linear")


def test_a_broken_measure_stands_alone():
    wanted = [
        CountWhere(SQL(Condition("nope > 1"))),
        CountWhere(Matches("b", "(")),
        CountWhere(IsNull("a")),
        CountWhere(Not(In("a", ("x",)))),
        Aggregate("b", "mean"),
    ]
    got = PolarsBackend(ABC.lazy()).measure(wanted)
    assert [isinstance(got[w], ValidatorError) for w in wanted] == [True, True, False, True, True]
    assert got[wanted[2]] == 1
    assert "nope" in str(got[wanted[0]])
    assert "\n" not in str(got[wanted[1]])


def test_data_that_cannot_be_read_are_the_sources_fault(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a\n" + "1\n" * 200 + "x\n")
    backend = PolarsBackend(pl.scan_csv(path, infer_schema_length=10), explain=lambda _: SourceError("explained"))
    with pytest.raises(SourceError, match="explained"):
        backend.measure([CountWhere(Not(Between("a", 0, 5))), RowCount()])
    with pytest.raises(SourceError, match="explained"):
        PolarsBackend(pl.scan_csv(tmp_path / "none.csv"), explain=lambda _: SourceError("explained"))


def test_gaps():
    days = pl.DataFrame({"at": [datetime(2024, 1, d, 5) for d in (1, 2, 5, 6, 9)]})
    gaps = measure(Gaps("at", "1d"), days)
    assert [(str(start.date()), str(end.date()), n) for _, start, end, n in gaps] == [
        ("2024-01-03", "2024-01-04", 2),
        ("2024-01-07", "2024-01-08", 2),
    ]
    grouped = days.with_columns(pl.Series("g", ["a", "b", "a", "b", "a"]))
    assert [(g, n) for g, _, _, n in measure(Gaps("at", "1d", ("g",)), grouped)] == [
        (("a",), 3),
        (("a",), 3),
        (("b",), 3),
    ]


def test_kolmogorov_smirnov_is_scipys():
    from scipy.stats import ks_2samp

    a, b = [i * 7919 % 100 for i in range(300)], [i * 104729 % 120 for i in range(200)]
    other = PolarsBackend(pl.LazyFrame({"x": b}))
    got = measure(KolmogorovSmirnov("a", Reference("other"), "x"), pl.DataFrame({"a": a}), reference=lambda _: other)
    assert got == (pytest.approx(ks_2samp(a, b).statistic), 300, 200)
    large = PolarsBackend(pl.LazyFrame({"x": pl.Series([2**62 + n + 100 for n in b], dtype=pl.UInt64)}))
    frame = pl.DataFrame({"a": [2**62 + n + 100 for n in a]})  # alike in floats
    assert measure(KolmogorovSmirnov("a", Reference("other"), "x"), frame, reference=lambda _: large) == got


def test_another_source():
    other = PolarsBackend(pl.LazyFrame({"k": [1, 2, None], "t": ["x", "y", "z"]}))
    backend = PolarsBackend(pl.LazyFrame({"a": [1, 3, None], "t": ["x", "x", "x"]}), reference=lambda _: other)
    ref = Reference("other")
    one, two, wrong = Orphan(("a",), ref, ("k",)), Orphan(("a", "t"), ref, ("k", "t")), Orphan(("t",), ref, ("k",))
    got = backend.measure(
        [
            CountWhere(one),
            CountWhere(two),
            CountWhere(wrong),
            ReferenceMeasure(ref, RowCount()),
            CountWhere(Orphan(("a",), ref, ("zz",))),
        ]
    )
    assert list(got.values())[:2] == [1, 1]
    assert "never match" in str(got[CountWhere(wrong)])
    assert got[ReferenceMeasure(ref, RowCount())] == 3
    assert "not in the reference" in str(list(got.values())[-1])
    assert statistics.mean([n for n, _ in backend.rows({"x": RowRequest(one)})["x"].rows]) == 2


def test_failing_rows_have_numbers_and_frequent_values():
    frame = pl.LazyFrame({"a": [1, 9, 9, 8, None], "b": list("vwxyz")})
    found = PolarsBackend(frame).rows(
        {
            "x": RowRequest(Not(Between("a", 0, 5)), None, 2, "a"),
            "y": RowRequest(Not(Between("a", 0, 5)), SQL(Condition("b <> 'w'")), 9),
        }
    )
    assert found["x"].rows == ((2, {"a": 9, "b": "w"}), (3, {"a": 9, "b": "x"}))
    assert found["x"].top_values == ((9, 2), (8, 1))
    assert [n for n, _ in found["y"].rows] == [3, 4]


def test_good_and_bad_rows_are_all_rows():
    frame = pl.LazyFrame({"a": [1, 2, 2, None], "on": [True, True, False, True]})
    split = PolarsBackend(frame).split(
        {
            "null": (IsNull("a"), None),
            "twice": (Repeated(("a",)), None),
            "twice on": (Repeated(("a",)), SQL(Condition('"on"'))),
        }
    )
    good, bad = split.good.collect(), split.bad.collect()
    assert good.to_dicts() == [{"a": 1, "on": True}]
    assert bad["_failed_checks"].to_list() == [["twice"], ["twice"], ["null"]]
    nothing = PolarsBackend(frame).split({})
    assert (nothing.good.collect().height, nothing.bad.collect().height) == (4, 0)


def test_a_column_of_the_name_of_the_row_numbers_is_refused():
    with pytest.raises(SourceError, match='the data have a column "__truthound_row"'):
        PolarsBackend(pl.LazyFrame({"__truthound_row": [1]}))


def test_values_that_occur_equally_often_are_taken_in_their_order():
    words = [f"w{i:05}" for i in range(50_000)]
    frame = pl.DataFrame({"w": words}).sample(fraction=1, shuffle=True, seed=1).lazy()
    top = TopValues("w", 3)
    assert [PolarsBackend(frame).measure([top])[top] for _ in range(5)] == [tuple((w, 1) for w in words[:3])] * 5
