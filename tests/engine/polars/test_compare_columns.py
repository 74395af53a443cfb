"""Columns, bounds and sets of any two types compare as the exact values do."""

import operator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from truthound._internal.exact_numbers import nearest_float, shortest
from truthound._internal.extended_time import value_of
from truthound.engine.measures import Between, Compare, CountWhere, In, Not, Orphan, Reference
from truthound.engine.polars.backend import PolarsBackend

OPERATORS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EDGES = [0, 1, -1, 2**24, 2**24 + 1, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1, 10**15, 12345678901234567]
INTEGERS = {pl.Int8: (-(2**7), 2**7 - 1), pl.Int32: (-(2**31), 2**31 - 1), pl.Int64: (-(2**63), 2**63 - 1),
            pl.UInt64: (0, 2**64 - 1), pl.Int128: (-(2**127), 2**127 - 1)}  # fmt: skip
FLOATS = {pl.Float32: 32, pl.Float64: 64}
DECIMALS = (pl.Decimal(10, 2), pl.Decimal(38, 0), pl.Decimal(38, 20), pl.Decimal(20, 4))


def _number(dtype):
    """Values of a type, those at its edges often."""
    if dtype in INTEGERS:
        low, high = INTEGERS[dtype]
        return st.integers(low, high) | st.sampled_from([e for e in (*_EDGES, low, high) if low <= e <= high])
    if dtype in FLOATS:
        near = [
            float(nearest_float(Fraction(e), FLOATS[dtype], up=True, strict=False))
            for e in (*_EDGES, Fraction(1, 10), Fraction(5, 4))
        ]
        return st.floats(width=FLOATS[dtype], allow_nan=False) | st.sampled_from(near)
    return st.integers(1 - 10**dtype.precision, 10**dtype.precision - 1).map(
        lambda n: Decimal(f"{n}e-{dtype.scale}")
    ) | st.sampled_from(
        [Decimal(e) for e in _EDGES if abs(e) < 10 ** (dtype.precision - dtype.scale)]
        + ([Decimal("0.1"), Decimal("1.25")] if dtype.scale > 1 else [])
    )


TYPES = st.sampled_from([*INTEGERS, *FLOATS, *DECIMALS])
PAIRS = st.tuples(TYPES, TYPES).flatmap(
    lambda t: st.tuples(
        st.just(t), st.lists(st.tuples(_number(t[0]), _number(t[1])), min_size=1, max_size=6), st.booleans()
    )
)


def exact(value, other, bits=64):
    """A value as it compares with another one."""
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return value
    return (
        Fraction(shortest(value, bits)) if isinstance(value, float) and isinstance(other, Decimal) else Fraction(value)
    )


def held(left, right, types, predicate):
    frame = pl.LazyFrame({"a": pl.Series(left, dtype=types[0]), "b": pl.Series(right, dtype=types[1])})
    backend = PolarsBackend(frame)
    return frame.select(backend.table.compile(predicate).alias("x")).collect()["x"].to_list()


@settings(max_examples=300, deadline=None)
@given(PAIRS, st.sampled_from([*OPERATORS]))
def test_numbers_of_any_two_types(pairs, op):
    types, rows, same = pairs
    if same:  # as equal as the types allow
        rows = [(a, _nearest(a, types[1])) for a, _ in rows]
    left, right = [a for a, _ in rows], [b for _, b in rows]
    wanted = [
        OPERATORS[op](exact(a, b, FLOATS.get(types[0], 64)), exact(b, a, FLOATS.get(types[1], 64))) for a, b in rows
    ]
    assert held(left, right, types, Compare("a", op, "b")) == wanted


def _nearest(value, dtype):
    """A value of a type that is as near as can be."""
    value = Fraction(10**30 if value == float("inf") else -(10**30) if value == float("-inf") else value)
    if dtype in FLOATS:
        found = nearest_float(value, FLOATS[dtype], up=value > 0, strict=False)
        return 0.0 if found is None else found
    if dtype in INTEGERS:
        return min(max(round(value), INTEGERS[dtype][0]), INTEGERS[dtype][1])
    steps = min(max(round(value * 10**dtype.scale), 1 - 10**dtype.precision), 10**dtype.precision - 1)
    return Decimal(f"{steps}e-{dtype.scale}")


@settings(max_examples=200, deadline=None)
@given(PAIRS, st.sampled_from([*OPERATORS]), st.sampled_from([1, 0.1, 0.05, 1e20]))
def test_differences_of_decimals_and_whole_numbers(pairs, op, tolerance):
    types, rows, same = pairs
    if any(t in FLOATS for t in types) and not any(isinstance(t, pl.Decimal) for t in types):
        return  # floats among themselves have their rounding, which is tested below
    if same:
        rows = [(a, _nearest(a, types[1])) for a, _ in rows]
    sizes = [FLOATS.get(t, 64) for t in types]
    wanted = [
        _within(exact(a, Decimal(), sizes[0]) - exact(b, Decimal(), sizes[1]), op, Fraction(str(tolerance)))
        for a, b in rows
    ]
    left, right = [a for a, _ in rows], [b for _, b in rows]
    assert held(left, right, types, Compare("a", op, "b", tolerance)) == wanted


def _within(difference, op, most):
    reached = {"==": abs(difference) <= most, "!=": abs(difference) > most}
    return {
        **reached,
        "<": difference < most,
        "<=": difference <= most,
        ">": -difference < most,
        ">=": -difference <= most,
    }[op]


@settings(max_examples=200, deadline=None)
@given(PAIRS, st.booleans(), st.booleans())
def test_bounds_and_sets_of_numbers(pairs, low_in, high_in):
    types, rows, _ = pairs
    values, given_ = [a for a, _ in rows], [b for _, b in rows]
    if types[0] in FLOATS:  # a decimal that no float is means the nearest; that is not a matter of exactness
        given_ = [float(b) if isinstance(b, Decimal) and b % 1 else b for b in given_]
    low, high = given_[0], given_[-1]
    at = [_as(v, types[0]) for v in (low, high)]
    inside = Between("a", low, high, low_in, high_in)
    wanted = [
        (v > at[0] or (low_in and v == at[0])) and (v < at[1] or (high_in and v == at[1]))
        for v in (_as(v, types[0]) for v in values)
    ]
    assert held(values, values, (types[0], types[0]), inside) == wanted
    among = {_as(v, types[0]) for v in given_}
    assert held(values, values, (types[0], types[0]), In("a", tuple(given_))) == [
        _as(v, types[0]) in among for v in values
    ]


def _as(value, dtype):
    """A bound as a column has it: a float for decimals is what it is written as."""
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return value
    return Fraction(str(value)) if isinstance(value, float) and isinstance(dtype, pl.Decimal) else Fraction(value)


_UNITS = {"ms": 10**6, "us": 10**3, "ns": 1}
_COUNTS = (
    st.integers(-(2**63), 2**63 - 1)
    | st.integers(-5, 5)
    | st.integers(1_700_000_000_000_000_000, 1_700_000_000_000_000_005)
)


@settings(max_examples=200, deadline=None)
@given(
    st.tuples(st.sampled_from([*_UNITS]), st.sampled_from([*_UNITS])),
    st.lists(st.tuples(_COUNTS, _COUNTS), min_size=1, max_size=6),
    st.sampled_from([*OPERATORS]),
    st.sampled_from(["datetime", "zoned", "duration"]),
    st.booleans(),
)
def test_times_of_any_two_units(units, rows, op, kind, same):
    one, other = units
    if same:
        rows = [(a, max(min(a * _UNITS[one] // _UNITS[other], 2**63 - 1), -(2**63))) for a, _ in rows]
    makes = {
        "datetime": (pl.Datetime, pl.Datetime),
        "duration": (pl.Duration, pl.Duration),
        "zoned": (lambda u: pl.Datetime(u, "Asia/Beirut"), lambda u: pl.Datetime(u, "UTC")),
    }[kind]
    frame = pl.LazyFrame(
        {
            n: pl.Series(v, dtype=pl.Int64).cast(t)
            for n, v, t in zip("ab", zip(*rows, strict=True), (makes[0](one), makes[1](other)), strict=True)
        }
    )
    backend = PolarsBackend(frame)
    found = frame.select(backend.table.compile(Compare("a", op, "b")).alias("x")).collect()["x"].to_list()
    assert found == [OPERATORS[op](a * _UNITS[one], b * _UNITS[other]) for a, b in rows]
    bound = value_of(
        "duration" if kind == "duration" else "datetime", rows[0][1] * _UNITS[other], "UTC" if kind == "zoned" else None
    )
    inside = frame.select(backend.table.compile(Between("a", low=bound)).alias("x")).collect()["x"].to_list()
    assert inside == [a * _UNITS[one] >= rows[0][1] * _UNITS[other] for a, _ in rows]


def test_a_date_is_its_midnight_on_the_clock_of_a_zone_that_leaves_it_out():
    frame = pl.LazyFrame(
        {
            "day": [date(2018, 11, 4)] * 3,
            "at": pl.Series([datetime(2018, 11, 4, h, 30, tzinfo=UTC) for h in (2, 3, 4)]).cast(
                pl.Datetime("us", "America/Sao_Paulo")
            ),
        }
    )  # midnight is 03:00 in UTC, where the clock goes to 01:00
    backend = PolarsBackend(frame)
    found = [
        frame.select(backend.table.compile(p).alias("x")).collect()["x"].to_list()
        for p in (Compare("day", "<=", "at"), Between("at", low=date(2018, 11, 4)))
    ]
    assert found == [[False, True, True]] * 2


def test_times_with_and_without_a_zone_do_not_compare():
    frame = pl.LazyFrame({"a": [datetime(2024, 1, 1)], "b": [datetime(2024, 1, 1, tzinfo=UTC)]})
    measure = CountWhere(Compare("a", "==", "b"))
    assert "has a time zone" in str(PolarsBackend(frame).measure([measure])[measure])


@pytest.mark.parametrize(
    ("left", "right", "tolerance", "failing"),
    [
        (pl.Series([2**53 + 1, 2**53]), pl.Series([2.0**53] * 2), 0.5, [True, False]),
        (pl.Series([2**127 - 1, 5], dtype=pl.Int128), pl.Series([-(2**127), 4], dtype=pl.Int128), 1, [True, False]),
        (pl.Series([2**64 - 1], dtype=pl.UInt64), pl.Series([-1], dtype=pl.Int64), 1e19, [True]),
        (pl.Series([Decimal("0.30"), Decimal("0.31")]), pl.Series([Decimal("0.2")] * 2), 0.1, [False, True]),
        (pl.Series([1.1, 1.2]), pl.Series([1.0, 1.0]), 0.1, [False, True]),
        (pl.Series([float("inf")] * 2), pl.Series([float("inf"), 1.0]), 1, [False, True]),
        (
            pl.Series([0, 1], dtype=pl.Int64).cast(pl.Datetime("ns")),
            pl.Series([2**62, 1000], dtype=pl.Int64).cast(pl.Datetime("ms")),
            timedelta(seconds=1),
            [True, False],
        ),
    ],
)  # fmt: skip
def test_differences_within_a_tolerance_are_exact(left, right, tolerance, failing):
    frame = pl.LazyFrame({"a": left, "b": right})
    for names in (("a", "b"), ("b", "a")):
        predicate = Not(Compare(names[0], "==", names[1], tolerance))
        found = frame.select(PolarsBackend(frame).table.compile(predicate).alias("x")).collect()["x"].to_list()
        assert found == failing


@settings(max_examples=150, deadline=None)
@given(PAIRS)
def test_keys_of_any_two_types_match_where_they_are_equal(pairs):
    types, rows, same = pairs
    keys = [_nearest(a, types[1]) if same else b for a, b in rows]
    values = [a for a, _ in rows]
    there = PolarsBackend(pl.LazyFrame({"k": pl.Series(keys, dtype=types[1])}))
    frame = pl.LazyFrame({"a": pl.Series(values, dtype=types[0])})
    backend = PolarsBackend(frame, reference=lambda _: there)
    found = (
        frame.select(backend.table.compile(Orphan(("a",), Reference("there"), ("k",))).alias("x"))
        .collect()["x"]
        .to_list()
    )
    bits = FLOATS.get(types[0], 64), FLOATS.get(types[1], 64)
    wanted = [not any(exact(v, k, bits[0]) == exact(k, v, bits[1]) for k in keys) for v in values]
    assert found == wanted


def test_a_decimal_that_no_small_float_is_written_as_matches_none():
    keys = pl.Series([Decimal("133111.24"), Decimal("0.10")])
    there = PolarsBackend(pl.LazyFrame({"k": keys}))
    frame = pl.LazyFrame({"a": pl.Series([133111.24, 0.1], dtype=pl.Float32)})
    backend = PolarsBackend(frame, reference=lambda _: there)
    found = frame.select(backend.table.compile(Orphan(("a",), Reference("there"), ("k",))).alias("x")).collect()["x"]
    assert found.to_list() == [True, False]


def test_keys_of_times_match_across_units_and_zones():
    at = datetime(2024, 1, 1, 12, tzinfo=UTC)
    keys = pl.Series([at, at + timedelta(microseconds=1500)], dtype=pl.Datetime("us", "UTC"))
    there = PolarsBackend(pl.LazyFrame({"k": keys}))
    mine = pl.Series([at, at + timedelta(milliseconds=1)]).cast(pl.Datetime("ms", "Europe/Berlin"))
    frame = pl.LazyFrame({"a": mine})
    backend = PolarsBackend(frame, reference=lambda _: there)
    found = frame.select(backend.table.compile(Orphan(("a",), Reference("there"), ("k",))).alias("x")).collect()["x"]
    assert found.to_list() == [False, True]
    assert mine[0] == datetime(2024, 1, 1, 13, tzinfo=ZoneInfo("Europe/Berlin"))
