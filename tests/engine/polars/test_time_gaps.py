"""Missing steps of time, held against Python's calendar and zoneinfo, also where clocks change."""

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from truthound._internal.extended_time import DAY, value_of
from truthound.engine.measures import Gaps
from truthound.engine.polars.backend import PolarsBackend
from truthound.engine.polars.time_gaps import _month

# midnight left out (São Paulo, Beirut, Cairo, Havana), changed a minute past it (St. John's), half an hour (Lord Howe)
ZONES = {
    "America/Sao_Paulo": (datetime(2018, 11, 4), datetime(2018, 2, 18)),
    "Asia/Beirut": (datetime(2024, 3, 31), datetime(2024, 10, 27)),
    "Africa/Cairo": (datetime(2024, 4, 26), datetime(2024, 11, 1)),
    "America/Havana": (datetime(2024, 3, 10), datetime(2024, 11, 3)),
    "America/St_Johns": (datetime(2006, 4, 2), datetime(2006, 10, 29)),
    "Australia/Lord_Howe": (datetime(2024, 4, 7), datetime(2024, 10, 6)),
    "Europe/Berlin": (datetime(2024, 3, 31), datetime(2024, 10, 27)),
    "Asia/Kathmandu": (datetime(2024, 2, 29), datetime(2024, 12, 31)),
}


def gaps(values, every, dtype=None, **more):
    frame = pl.LazyFrame({"at": pl.Series(values, dtype=dtype)})
    measure = Gaps("at", every, **more)
    found = PolarsBackend(frame).measure([measure])[measure]
    assert isinstance(found, tuple), found
    return [gap[1:] for gap in found]


def _step(day, every):
    kinds = {
        "1d": day.toordinal(),
        "2d": (day - date(1970, 1, 1)).days // 2,
        "1w": (day - date(1969, 12, 29)).days // 7,
    }
    months = day.year * 12 + day.month - 1
    return kinds.get(every, months // {"1mo": 1, "1q": 3, "1y": 12}.get(every, 1))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([*ZONES]), st.integers(0, 1), st.sampled_from(["1d", "2d", "1w", "1mo", "1q", "1y"]),
    st.lists(st.integers(-9 * 96, 9 * 96), min_size=1, max_size=12), st.sampled_from(["ms", "us", "ns"]),
)  # fmt: skip
def test_days_and_longer_steps_are_those_of_the_wall(zone, which, every, quarters, unit):
    start = ZONES[zone][which].replace(tzinfo=ZoneInfo(zone))
    moments = [(start.astimezone(UTC) + timedelta(minutes=15 * q)).astimezone(ZoneInfo(zone)) for q in quarters]
    found = gaps(moments, every, pl.Datetime(unit, zone))
    steps = {_step(at.date(), every) for at in moments}
    assert sum(gap[2] for gap in found) == max(steps) - min(steps) + 1 - len(steps)
    for first, last, count in found:
        assert _step(last.date(), every) - _step(first.date(), every) + 1 == count
        assert not {_step(first.date(), every), _step(last.date(), every)} & steps
        assert first.hour <= 1  # the first moment of its day


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([*ZONES]),
    st.integers(0, 1),
    st.sampled_from([15, 60, 120]),
    st.sets(st.integers(1, 60), max_size=5),
)
def test_hours_are_elapsed_time(zone, which, minutes, missing):
    start = ZONES[zone][which].replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) - timedelta(hours=30)
    local = start.astimezone(ZoneInfo(zone)).replace(minute=0).astimezone(UTC)
    every = {15: "15m", 60: "1h", 120: "2h"}[minutes]
    moments = [local + timedelta(minutes=minutes * i) for i in range(62) if i not in missing]
    found = gaps(moments, every, pl.Datetime("us", zone))
    assert sum(gap[2] for gap in found) == len(missing)
    if missing and minutes < 120:
        assert {local + timedelta(minutes=minutes * i) for i in missing} >= {found[0][0], found[0][1]}


@pytest.mark.parametrize("zone", ZONES)
def test_no_day_is_missing_where_each_has_a_row_at_any_hour(zone):
    for start in ZONES[zone]:
        for hour in (0, 12, 23):
            days = [(start + timedelta(days=n, hours=hour)).replace(tzinfo=ZoneInfo(zone)) for n in range(-3, 4)]
            assert gaps([d.astimezone(UTC) for d in days], "1d", pl.Datetime("us", zone)) == []
            middle = days[:3] + days[4:]
            (gap,) = gaps([d.astimezone(UTC) for d in middle], "1d", pl.Datetime("us", zone))
            assert (gap[0].date(), gap[2]) == (start.date(), 1)


def test_a_midnight_that_does_not_exist_begins_an_hour_later():
    zone = ZoneInfo("America/Sao_Paulo")
    rows = [datetime(2018, 11, 3, 12, tzinfo=zone), datetime(2018, 11, 5, 12, tzinfo=zone)]
    assert gaps(rows, "1d") == [(datetime(2018, 11, 4, 1, tzinfo=zone), datetime(2018, 11, 4, 1, tzinfo=zone), 1)]


def test_a_day_that_a_zone_left_out_is_not_missing():
    zone = ZoneInfo("Pacific/Apia")  # there was no 30th of December 2011
    days = [datetime(2011, 12, d, 12, tzinfo=zone) for d in (28, 29, 31)]
    assert gaps(days, "1d") == []
    (gap,) = gaps([days[0], days[2]], "1d")
    assert (gap[0].day, gap[1].day, gap[2]) == (29, 29, 1)


@pytest.mark.parametrize(
    ("values", "every", "missing"),
    [
        ([date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31)], "1mo", []),
        ([date(2023, 12, 31), date(2024, 1, 1), date(2024, 3, 1)], "1mo", [(date(2024, 2, 1), date(2024, 2, 1), 1)]),
        ([date(2024, 2, 28), date(2024, 3, 1)], "1d", [(date(2024, 2, 29), date(2024, 2, 29), 1)]),
        ([date(2023, 2, 28), date(2023, 3, 1)], "1d", []),
        ([date(1969, 12, 28), date(1970, 1, 12)], "1w", [(date(1969, 12, 29), date(1970, 1, 5), 2)]),
        ([date(1999, 5, 1), date(2002, 1, 1)], "1y", [(date(2000, 1, 1), date(2001, 1, 1), 2)]),
        (
            [datetime(1969, 12, 31, 22, 59), datetime(1970, 1, 1, 1)],
            "1h",
            [(datetime(1969, 12, 31, 23), datetime(1970, 1, 1), 2)],
        ),
        ([datetime(2024, 1, 1, 0, 59), datetime(2024, 1, 1, 2, 1)], "1h", [(datetime(2024, 1, 1, 1),) * 2 + (1,)]),
    ],
)
def test_the_calendar_without_a_zone(values, every, missing):
    assert gaps(values, every) == missing


def test_far_dates_and_nanoseconds_have_gaps_too():
    far = pl.Series([3_000_000, 3_000_003], dtype=pl.Int32).cast(pl.Date)
    ((first, last, count),) = gaps(far, "1d")
    assert (str(first), str(last), count) == ("+10183-09-22", "+10183-09-23", 2)
    ends = pl.Series([-(2**63), 2**63 - 1], dtype=pl.Int64).cast(pl.Datetime("ms"))
    assert gaps(ends, "1h")[0][2] == math.floor((2**63 - 1) / 3_600_000) + math.ceil(2**63 / 3_600_000) - 1


def test_groups_have_gaps_of_their_own():
    frame = pl.LazyFrame({"at": [date(2024, 1, d) for d in (1, 2, 1, 4, 9)], "g": ["a", "a", "b", "b", None]})
    measure = Gaps("at", "1d", ("g",))
    assert PolarsBackend(frame).measure([measure])[measure] == ((("b",), date(2024, 1, 2), date(2024, 1, 3), 2),)


def test_months_of_any_year():
    days = [-(10**9), -800_000, -719_469, -719_468, -1, 0, 58, 59, 60, 11_016, 11_017, 19_782, 19_783, 10**9]
    found = pl.select(_month(pl.lit(pl.Series(days)))).to_series().to_list()
    assert found == [_index(value_of("date", d * DAY)) for d in days]


def _index(day):
    year, month = (day.year, day.month) if isinstance(day, date) else (int(str(day)[:-6]), int(str(day)[-5:-3]))
    return year * 12 + month - 1
