"""Quantiles lie exactly on the line between two values, whatever the type and the length of the column."""

from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from truthound._internal.exact_numbers import rounded
from truthound.engine.measures import Aggregate, Quantile
from truthound.engine.polars import quantiles
from truthound.engine.polars.backend import PolarsBackend


def measured(values, dtype, q):
    x = Quantile("x", q) if q is not None else Aggregate("x", "median")
    found = PolarsBackend(pl.LazyFrame({"x": pl.Series(values, dtype=dtype)})).measure([x])[x]
    assert not isinstance(found, Exception), found
    return found


def exact(values, q):
    ordered, rank = sorted(map(Fraction, values)), Fraction(str(q)) * (len(values) - 1)
    below, above = ordered[int(rank)], ordered[min(int(rank) + 1, len(values) - 1)]
    return below + (above - below) * (rank % 1)


SHARES = st.sampled_from([0.0, 0.05, 0.1, 0.25, 0.5, 0.9, 0.999, 1.0])


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(-(2**127), 2**127 - 1) | st.integers(2**60, 2**60 + 9), min_size=1, max_size=20), SHARES)
def test_whole_numbers(values, q):
    wanted = exact(values, q)
    assert measured(values, pl.Int128, q) == (wanted if wanted.denominator == 1 else rounded(wanted))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1 - 10**38, 10**38 - 1) | st.integers(-999, 999), min_size=1, max_size=20), SHARES)
def test_decimals(steps, q):
    values = [Decimal(f"{n}e-4") for n in steps]
    found, wanted = measured(values, pl.Decimal(38, 4), q), exact(values, q)
    assert (Fraction(found) if isinstance(found, Decimal) else found) == (
        wanted if isinstance(found, Decimal) else rounded(wanted)
    )
    assert isinstance(found, Decimal) or abs(found) < 10**11


@settings(max_examples=80, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20), SHARES)
def test_floats(values, q):
    assert measured(values, pl.Float64, q) == rounded(exact(values, q))


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([2**62 + n * 7919 % 1009 for n in range(1000)], pl.Int64),
        ([-(2**63) + n * 2**53 for n in range(1000)], pl.Int64),
        ([(n * 7919 % 1009 - 500) / 7 for n in range(1000)], pl.Float64),
        ([1.7e308 * (-1) ** n / (n + 1) for n in range(1000)], pl.Float64),
        ([float("-inf")] * 300 + [float("inf")] * 300 + [n / 7 for n in range(400)], pl.Float64),
        ([Decimal("12345678901234567890.01") + n for n in range(1000)], pl.Decimal(38, 2)),
        ([5] * 1000, pl.Int8),
    ],
)
@pytest.mark.parametrize("q", [0, 0.1, 0.5, 0.99999, 1])
def test_a_column_that_is_too_long_to_sort(monkeypatch, values, dtype, q):
    short = measured(values, dtype, q)
    monkeypatch.setattr(quantiles, "MAX_CELLS", 100)
    monkeypatch.setattr(quantiles, "MAX_SORTED", 10)
    monkeypatch.setattr(quantiles, "BUCKETS", 16)
    monkeypatch.setattr("truthound.engine.polars.blocking.MAX_CELLS", 100)
    assert measured(values, dtype, q) == short


def test_nulls_are_left_out_and_nothing_has_no_quantile():
    assert measured([None, 3, None, 1], pl.Int64, 0.5) == 2
    assert measured([None], pl.Int64, 0.5) is measured([], pl.Float64, None) is None
