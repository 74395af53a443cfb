"""Numbers and text for people."""

import json
import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truthound._internal import text


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (0, 10, "0%"), (10, 10, "100%"), (1, 100, "1.00%"), (93, 5000, "1.86%"), (1, 10**9, "<0.01%"), (10**9 - 1, 10**9, ">99.99%"),
        (0, 0, "0%"), (1, 10_000, "0.01%"),
    ],
)  # fmt: skip
def test_percent(part, whole, expected):
    assert text.percent(part, whole) == expected


@given(st.integers(1, 10**12), st.integers(0, 10**12))
def test_a_failure_is_never_rounded_away(failed, passed):
    shown = text.percent(failed, failed + passed)
    assert shown not in ("0.00%", "0%")
    assert (shown == "100%") == (passed == 0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1234567, "1,234,567"), (0.1 + 0.2, "0.3"), (3.0, "3"), (math.nan, "nan"), (-math.inf, "-inf"), (True, "true"), (None, "∅"), (1e20, "1e+20"), ("x", "x")],
)  # fmt: skip
def test_number(value, expected):
    assert text.number(value) == expected


@pytest.mark.parametrize(
    ("given", "width", "made"),
    [
        ("a&amp;b", 7, "a&amp;b"),
        ("ab&amp;b", 7, "ab…"),
        ("ab&amp;bcd", 8, "ab&amp;…"),
        (r"ab\*cd", 5, r"ab\*…"),
        (r"ab\*cd", 4, "ab…"),
        ("😀😀😀", 5, "😀😀…"),
        ("😀😀😀", 4, "😀…"),
        ("abc", 0, "…"),
    ],
)
def test_clip_cuts_through_no_escape(given, width, made):
    assert text.shorten_escaped(given, width) == made


def test_shorten_marks_what_was_cut():
    assert text.shorten("abcdef", 4) == "abc…"
    assert text.shorten("abcd", 4) == "abcd"
    assert text.shorten("abc", 0) == "…"


def test_did_you_mean():
    assert text.did_you_mean("prise", ["price", "age"]) == '; did you mean "price"?'
    assert text.did_you_mean("PRICE", ["price"]) == '; did you mean "price"?'
    assert text.did_you_mean("zzz", ["price"]) == ""
    assert text.did_you_mean("x", []) == ""
    assert text.did_you_mean("min", ["tags", "min_value"]) == '; did you mean "min_value"?'
    assert text.did_you_mean("MAX", ["max_value", "max_fail"]) == '; did you mean "max_value" or "max_fail"?'
    assert text.did_you_mean("mi", ["min_value"]) == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, "NaN"), (-math.inf, "-Infinity"), (math.inf, "Infinity"), (b"\x01\xff", "0x01ff"), (date(2024, 1, 2), "2024-01-02"),
        (datetime(2024, 1, 2, tzinfo=UTC), "2024-01-02T00:00:00+00:00"), (time(1), "01:00:00"), (timedelta(hours=1), "1:00:00"),
        (Decimal("1.10"), "1.10"), ({"a": [math.nan]}, {"a": ["NaN"]}), (10**30, 10**30), ("x" * 2000, "x" * 999 + "…"), (object, str(object)),
    ],
)  # fmt: skip
def test_plain(value, expected):
    assert text.to_json_value(value) == expected
    assert json.loads(json.dumps(text.to_json_value(value), allow_nan=False)) == text.to_json_value(value)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.214, "0.21 s"),
        (59, "59 s"),
        (59.7, "60 s"),
        (125, "2 min 5 s"),
        (7200, "2 h"),
        (90_000, "1 d 1 h"),
        (86_400 * 40, "40 d"),
    ],
)
def test_duration(seconds, expected):
    assert text.duration(seconds) == expected


def test_cell():
    assert (text.cell(None), text.cell(""), text.cell("a\nb"), text.cell("x" * 50)) == (
        "∅",
        '""',
        "a\\nb",
        "x" * 39 + "…",
    )
