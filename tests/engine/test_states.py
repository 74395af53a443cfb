"""States of parts of a table merge into the state of the whole, in any order and any grouping."""

import math
import pickle
from decimal import Decimal
from fractions import Fraction
from functools import reduce

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from truthound.engine import states
from truthound.engine.condition import Condition
from truthound.engine.measures import (
    SQL,
    Aggregate,
    Between,
    CountWhere,
    Histogram,
    IsNull,
    Native,
    Not,
    OutOfOrder,
    Quantile,
    Repeated,
    RowCount,
    TopValues,
)  # fmt: skip
from truthound.engine.polars import frequencies
from truthound.engine.polars.backend import PolarsBackend
from truthound.errors import ValidatorError

EXACT = [
    RowCount(), RowCount(SQL(Condition("x > 1"))), CountWhere(IsNull("x")), CountWhere(Not(Between("x", 0, 5)), Not(IsNull("x"))),
    *(Aggregate("x", f) for f in ("count", "min", "max", "sum", "mean", "distinct")), TopValues("x", 3), TopValues("x", 100), Histogram("x", (-1.0, 0.0, 10.0)),
    Aggregate("x", "sum", Between("x", low=0)),
]  # fmt: skip
ROUNDED = [Aggregate("x", "var"), Aggregate("x", "std")]
_FLOATS = st.floats(allow_nan=False, allow_infinity=False, width=64)
_MODERATE = st.floats(-1e6, 1e6) | st.sampled_from([0.1, 1e16, -1e16, 5e-324, 1e15 + 0.3])
TYPES = {
    pl.Int64(): st.integers(-(2**63), 2**63 - 1),
    pl.UInt8(): st.integers(0, 255),
    pl.Float64(): _FLOATS | _MODERATE,
    pl.Float32(): st.floats(width=32, allow_nan=False, allow_infinity=False),
    pl.Decimal(20, 3): st.integers(-(10**19), 10**19).map(lambda n: Decimal(n).scaleb(-3)),
}


@st.composite
def parted(draw, *, values=None):
    """A column's type, and its values in parts, some of which are empty."""
    dtype = draw(st.sampled_from(list(TYPES)))
    column = draw(st.lists(st.none() | (TYPES[dtype] if values is None else values), max_size=24))
    cuts = sorted(draw(st.lists(st.integers(0, len(column)), max_size=4)))
    parts = [column[a:b] for a, b in zip([0, *cuts], [*cuts, len(column)], strict=True)]
    return dtype, draw(st.permutations(parts)), draw(st.booleans())


def states_of(values, dtype, measures):
    return PolarsBackend(pl.LazyFrame({"x": pl.Series(values, dtype=dtype)})).states(measures)


def merged(parts, dtype, measures, *, from_the_right):
    """The states of all parts: folded from the left, or each half on its own first."""
    found = [states_of(p, dtype, measures) for p in parts]

    def halves(of_parts):
        if len(of_parts) == 1:
            return of_parts[0]
        middle = len(of_parts) // 2
        return states.merge(halves(of_parts[:middle]), halves(of_parts[middle:]))

    columns = {x: [part[x] for part in found] for x in measures}
    return {x: halves(s) if from_the_right else reduce(states.merge, s, states.empty(x)) for x, s in columns.items()}


@settings(max_examples=120, deadline=None)
@given(parted())
def test_parts_add_up_bit_for_bit(data):
    dtype, parts, from_the_right = data
    whole = [v for part in parts for v in part]
    found = merged(parts, dtype, EXACT, from_the_right=from_the_right)
    expected = PolarsBackend(pl.LazyFrame({"x": pl.Series(whole, dtype=dtype)})).measure(EXACT)
    values = {x: states.value(x, state) for x, state in found.items()}
    assert values == expected
    assert [type(v) for v in values.values()] == [type(v) for v in expected.values()]
    if whole:  # the states themselves are those of the whole, too
        assert found[Aggregate("x", "sum")] == states_of(whole, dtype, EXACT)[Aggregate("x", "sum")]


@settings(max_examples=80, deadline=None)
@given(parted(values=st.integers(0, 255)))
def test_deviations_add_up(data):
    dtype, parts, from_the_right = data
    whole = [v for part in parts for v in part]
    found = merged(parts, dtype, ROUNDED, from_the_right=from_the_right)
    expected = PolarsBackend(pl.LazyFrame({"x": pl.Series(whole, dtype=dtype)})).measure(ROUNDED)
    for x in ROUNDED:
        assert states.value(x, found[x]) == (
            None if expected[x] is None else pytest.approx(expected[x], rel=1e-12, abs=1e-13)
        )


@pytest.mark.parametrize("dtype", [pl.Int64(), pl.Float64()])
@pytest.mark.parametrize("mean", [0, 10**9, 10**15])
def test_deviations_that_are_small_beside_the_mean_add_up(dtype, mean):
    whole = [mean + i % 7 for i in range(100)]
    parts = [whole[i::3] for i in range(3)] + [[whole[0]]]
    found = merged(parts, dtype, ROUNDED, from_the_right=True)[Aggregate("x", "var")]
    expected = PolarsBackend(pl.LazyFrame({"x": pl.Series([*whole, whole[0]], dtype=dtype)})).measure(ROUNDED)
    assert states.value(Aggregate("x", "var"), found) == pytest.approx(expected[Aggregate("x", "var")], rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from([None, 1.0, 2.5, math.nan, math.inf, -math.inf]), max_size=3), min_size=1, max_size=4
    )
)
def test_what_is_not_finite_adds_up(parts):
    whole = [v for part in parts for v in part]
    measures = [Aggregate("x", f) for f in ("min", "max", "sum", "mean", "var", "std")]
    found = merged(parts, pl.Float64(), measures, from_the_right=False)
    expected = PolarsBackend(pl.LazyFrame({"x": pl.Series(whole, dtype=pl.Float64)})).measure(measures)
    for x in measures:
        close = None if expected[x] is None else pytest.approx(expected[x], nan_ok=True, rel=1e-12)
        assert states.value(x, found[x]) == close


def test_texts_times_and_categories_have_extremes():
    columns = {
        "text": ["b", "é", None, "a"],
        "time": pl.Series([3, 1, None, 2]).cast(pl.Datetime("ns", "Europe/Berlin")),
        "enum": pl.Series(["small", "large", None, "small"], dtype=pl.Enum(["small", "medium", "large"])),
    }
    frame = pl.DataFrame(columns)
    measures = [Aggregate(c, f) for c in columns for f in ("min", "max")]
    parts = [PolarsBackend(frame[i : i + 1].lazy()).states(measures) for i in range(4)]
    expected = PolarsBackend(frame.lazy()).measure(measures)
    for x in measures:
        assert states.value(x, reduce(states.merge, [part[x] for part in parts])) == expected[x]
    assert expected[Aggregate("enum", "max")] == "large"


def test_a_sum_is_exact_only_where_it_is_to_be_merged():
    frame = pl.LazyFrame({"x": [0.1] * 10 + [1e16, 1.0]})
    (state,) = PolarsBackend(frame).states([Aggregate("x", "sum")]).values()
    assert isinstance(state, states.Sum)
    assert state.error == 0
    assert state.total == sum(map(Fraction, [0.1] * 10 + [1e16, 1.0]))


def test_nan_is_the_last_of_equally_frequent_values():
    x = TopValues("x", 3)
    found = merged([[math.nan, 2.0], [1.0, math.nan], [2.0]], pl.Float64(), [x], from_the_right=True)[x]
    assert repr(states.value(x, found)) == "((2.0, 2), (nan, 2), (1.0, 1))"


def test_of_many_distinct_values_or_categories_in_an_order_of_their_own_no_frequencies_are_kept(monkeypatch):
    monkeypatch.setattr(frequencies, "MAX_DISTINCT", 3)
    x = TopValues("x", 1)
    assert states_of([1, 2, 3, 3], pl.Int64(), [x]) == {x: states.Frequencies(((1, 1), (2, 1), (3, 2)))}
    assert states_of([1, 2, 3, 4], pl.Int64(), [x]) == {}
    assert states_of(["b", "a"], pl.Enum(["b", "a"]), [x]) == {}


def test_what_needs_the_whole_table_has_no_state():
    without = [
        Quantile("x", 0.5), TopValues("x", 3, Repeated(("x",))), Aggregate("x", "median"), CountWhere(Repeated(("x",))),
        CountWhere(OutOfOrder("x")), CountWhere(Native(lambda f: pl.col("x") > 1)), RowCount(Not(Repeated(("x",)))),
        Aggregate("x", "sum", Repeated(("x",))),
    ]  # fmt: skip
    assert [states.state_type(x) for x in without] == [None] * len(without)
    assert states_of([1, 2], pl.Int64(), [*without, RowCount()]) == {RowCount(): states.Count(2)}


def test_an_error_stands_in_place_of_a_state():
    found = states_of([1], pl.Int64(), [RowCount(), CountWhere(IsNull("absent"))])
    assert found[RowCount()] == states.Count(1)
    assert isinstance(found[CountWhere(IsNull("absent"))], ValidatorError)


def test_states_of_different_measures_do_not_merge():
    with pytest.raises(TypeError, match="different measures"):
        states.merge(states.Count(1), states.Extreme("min", 1))


def test_states_are_values():
    for state in states_of([1.5, None, 3.0], pl.Float64(), [*EXACT, *ROUNDED]).values():
        assert pickle.loads(pickle.dumps(state)) == state
        assert hash(state) == hash(state)
