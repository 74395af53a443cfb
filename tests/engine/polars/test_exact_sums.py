"""Sums and means are rounded once, from the exact sum; deviations do not cancel."""

import math
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from truthound._internal.exact_numbers import rounded
from truthound.engine.measures import Aggregate, Between
from truthound.engine.polars.backend import PolarsBackend
from truthound.engine.polars.exact_sums import CUT

FUNCTIONS = ("sum", "mean", "std", "var")
_FLOATS = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(-1e6, 1e6)
    | st.sampled_from([0.1, 1e16, -1e16, 5e-324])
)


def measured(values: list, dtype: pl.DataType) -> dict[str, object]:
    backend = PolarsBackend(pl.LazyFrame({"x": pl.Series(values, dtype=dtype)}))
    return {x.function: v for x, v in backend.measure([Aggregate("x", f) for f in FUNCTIONS]).items()}  # type: ignore[attr-defined]


def exactly(values: list) -> tuple[Fraction, Fraction]:
    total = sum(map(Fraction, values), Fraction(0))
    return total, total / len(values)


@settings(max_examples=150, deadline=None)
@given(st.lists(_FLOATS, min_size=1, max_size=30), st.booleans())
def test_floats_are_added_without_rounding(values, mirrored):
    values = [*values, *(-v for v in values[1:])] if mirrored else values
    found, (total, mean) = measured(values, pl.Float64), exactly(values)
    assert found["sum"] == rounded(total)
    assert found["mean"] == rounded(mean)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
def test_short_floats_are_the_same_as_long_ones(values):
    assert measured(values, pl.Float32)["sum"] == measured(values, pl.Float64)["sum"] == rounded(exactly(values)[0])


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from([pl.Int8, pl.Int32, pl.UInt32, pl.Int64, pl.UInt64, pl.Int128, pl.UInt128]).flatmap(
        lambda t: st.tuples(
            st.just(t),
            st.lists(
                st.integers(
                    0 if t.is_unsigned_integer() else -(2 ** (_bits(t) - 1)),
                    2 ** (_bits(t) - (not t.is_unsigned_integer())) - 1,
                ),
                min_size=1,
                max_size=20,
            ),
        )
    )
)
def test_whole_numbers_never_wrap(typed):
    dtype, values = typed
    found, (total, mean) = measured(values, dtype), exactly(values)
    assert found["sum"] == total
    assert found["mean"] == rounded(mean)


def _bits(dtype):
    return int("".join(filter(str.isdigit, str(dtype))))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 38), st.lists(st.integers(1 - 10**38, 10**38 - 1), min_size=1, max_size=10))
def test_decimals_of_any_size_are_added_exactly(scale, steps):
    values = [Decimal(f"{n}e-{scale}") for n in steps]
    found = measured(values, pl.Decimal(38, scale))
    total = Fraction(sum(steps), 10**scale)
    assert Fraction(found["sum"]) == total
    assert found["mean"] == rounded(total / len(steps))


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([0.0, 1e9, 1e15, -1e12, 2.0**60]),
    st.lists(st.floats(-1000, 1000, width=32), min_size=2, max_size=30),
)
def test_a_deviation_does_not_cancel(offset, values):
    values = [offset + v for v in values]
    _, mean = exactly(values)
    variance = sum((Fraction(v) - mean) ** 2 for v in values) / (len(values) - 1)
    found = measured(values, pl.Float64)
    assert math.isclose(found["var"], rounded(variance), rel_tol=1e-12, abs_tol=1e-300)
    assert math.isclose(found["std"], math.sqrt(rounded(variance)), rel_tol=1e-12, abs_tol=1e-300)


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Int128, pl.Decimal(38, 0)])
def test_a_deviation_of_large_whole_numbers_keeps_their_last_digits(dtype):
    found = measured([10**18 + n for n in range(5)], dtype)
    assert found["var"] == 2.5
    assert measured([10**18] * 3, dtype)["std"] == 0


@pytest.mark.parametrize(
    ("values", "total"),
    [
        ([math.inf, 1.0], math.inf),
        ([-math.inf, 1.0], -math.inf),
        ([1.7e308, 1.7e308], math.inf),
        ([1.7e308, 1.7e308, -1.7e308], 1.7e308),
    ],
)
def test_infinities(values, total):
    assert measured(values, pl.Float64)["sum"] == total


def test_what_has_no_sum():
    assert math.isnan(measured([math.inf, -math.inf], pl.Float64)["sum"])
    assert math.isnan(measured([1.0, math.nan], pl.Float64)["mean"])
    assert measured([], pl.Float64) == measured([], pl.Int64) == dict.fromkeys(FUNCTIONS)


def test_many_values_in_one_pass_and_where_it_leaves_doubt_in_two():
    for scale in (1.0, 1e12, 1e-12):
        values = pl.Series([scale * ((n * 7919) % 100_003) / 100 for n in range(200_000)])
        backend = PolarsBackend(pl.LazyFrame({"x": values}))
        half = Aggregate("x", "sum", Between("x", low=scale * 500))
        found = backend.measure([Aggregate("x", "sum"), half])
        assert found[Aggregate("x", "sum")] == math.fsum(values)
        assert found[half] == math.fsum(values.filter(values >= scale * 500))


def test_the_engine_adds_what_lies_below_the_cut_far_better_than_is_assumed():
    count = 1 << 20
    small = pl.Series([CUT / 2 * (1 - (n * 7919 % 100_003) / 1e6) for n in range(count)])
    for values in (
        small,
        small.sort(),
        pl.concat([small.head(7)] + [small.slice(7 + n * 50_000, 50_000) for n in range(20)]),
    ):
        added = values.to_frame("x").lazy().select(pl.col("x").sum()).collect(engine="streaming").item()
        assumed = len(values) * CUT * (1024 + len(values) // 1024) / 2**54
        assert abs(added - math.fsum(values)) < assumed / 10
