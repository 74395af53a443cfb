from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from helpers.checking import failing, one, outcomes
from truthound.errors import ConfigError
from truthound.validators import DateFormat, Freshness, Future, Gap
from truthound.validators.durations import parse_duration

NOON = datetime(2024, 6, 15, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def at(data, validator):
    return one(data, validator, clock=lambda: NOON)


# --- lengths of time -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1d", timedelta(days=1)), ("36h", timedelta(hours=36)), ("15m", timedelta(minutes=15)), ("15min", timedelta(minutes=15)),
        ("1h30m", timedelta(minutes=90)), ("1w", timedelta(days=7)), (" 2D 3H ", timedelta(days=2, hours=3)), ("1.5h", timedelta(minutes=90)),
        ("250ms", timedelta(milliseconds=250)), ("0s", timedelta()), (90, timedelta(seconds=90)), (0.5, timedelta(milliseconds=500)),
        (timedelta(days=3), timedelta(days=3)),
    ],
)  # fmt: skip
def test_parse_duration(text, expected):
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "d",
        "1x",
        "1d!",
        "-1d",
        "one day",
        "1mo",
        True,
        None,
        -5,
        float("nan"),
        float("inf"),
        "9" * 30 + "d",
        [1],
    ],
)
def test_parse_duration_refuses(text):
    with pytest.raises(ValueError):
        parse_duration(text)


# --- freshness -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "options", "ok"),
    [
        (datetime(2024, 6, 15, 11), {"max_age": "1h"}, True),
        (datetime(2024, 6, 15, 10, 59, 59), {"max_age": "1h"}, False),
        (date(2024, 6, 15), {"max_age": "12h"}, True),
        (date(2024, 6, 15), {"max_age": "11h59m"}, False),
        (date(2024, 6, 14), {"max_age": "1d"}, False),
        (datetime(2024, 6, 15, 13, tzinfo=BERLIN), {"max_age": "1h"}, True),  # 11:00 in UTC
        (datetime(2024, 6, 15, 13), {"max_age": "1h", "timezone": "Europe/Berlin"}, True),
        (datetime(2024, 6, 15, 12, 59), {"max_age": "1h", "timezone": "Europe/Berlin"}, False),
        (date(2024, 6, 15), {"max_age": "14h", "timezone": "Europe/Berlin"}, True),
        (date(2024, 6, 15), {"max_age": "13h", "timezone": "Europe/Berlin"}, False),
        (datetime(2025, 1, 1), {"max_age": 0}, False),
        (date(9999, 12, 31), {"max_age": "1d", "timezone": "America/New_York"}, False),
        (datetime(2024, 6, 15, 12, 5, tzinfo=UTC), {"max_age": "1h"}, True),  # clocks differ
        (datetime(2024, 6, 15, 12, 5, 1, tzinfo=UTC), {"max_age": "1h"}, False),
        (datetime(2024, 6, 15, 12, 5, 1), {"max_age": "1h", "timezone": "UTC"}, False),
        (datetime(2024, 6, 16, 2), {"max_age": "1h"}, True),  # the clock of a wall, somewhere
        (datetime(2024, 6, 16, 2, 0, 1), {"max_age": "1h"}, False),
        (date(2024, 6, 16), {"max_age": "1h"}, True),
        (date(2024, 6, 17), {"max_age": "1h"}, False),
    ],
)
def test_freshness(value, options, ok):
    frame = pl.DataFrame({"t": [None, value, value - timedelta(days=400)]})
    assert at(frame, Freshness("t", **options)).status == ("passed" if ok else "warned")


def test_freshness_says_how_old():
    found = at({"t": [datetime(2024, 6, 12, 9)]}, Freshness("t", max_age="1d"))
    assert found.message == "newest value 2024-06-12 09:00:00 is 3 d 3 h old, expected at most 1 d"
    assert found.observed == "2024-06-12T09:00:00"


def test_freshness_says_what_lies_in_the_future():
    found = at({"t": [datetime(2024, 6, 16, 12)]}, Freshness("t", max_age="1d"))
    assert found.status == "warned"
    assert "lies 1 d in the future, so the freshness of the data is unknown" in found.message


@pytest.mark.parametrize("values", [[], [None, None]])
def test_no_values_are_not_fresh(values):
    frame = pl.DataFrame({"t": values}, schema={"t": pl.Datetime("us", "UTC")})
    found = at(frame, Freshness("t", max_age="1d"))
    assert (found.status, found.message) == ("warned", "no values, expected one at most 1 d old")


def test_freshness_of_some_rows():
    frame = pl.DataFrame({"t": [datetime(2024, 6, 15), datetime(2020, 1, 1)], "g": ["a", "b"]})
    assert at(frame, Freshness("t", max_age="1d", where="g = 'a'")).status == "passed"
    assert at(frame, Freshness("t", max_age="1d", where="g = 'b'")).status == "warned"


def test_the_clock_may_be_naive_or_elsewhere():
    rule = Freshness("t", max_age="1h")
    frame = {"t": [datetime(2024, 6, 15, 11, 30)]}
    assert one(frame, rule, clock=lambda: datetime(2024, 6, 15, 12)).status == "passed"
    assert one(frame, rule, clock=lambda: datetime(2024, 6, 15, 14, tzinfo=BERLIN)).status == "passed"


def test_text_is_an_error_that_says_what_to_do():
    found = at({"t": ["2024-06-15"]}, Freshness("t", max_age="1d"))
    assert found.status == "error"
    assert "let the data source read it as dates" in found.error


def test_bare_names_are_skipped():
    for rule in (Freshness(), Gap(), DateFormat()):
        found = at({"t": [date(2024, 1, 1)], "s": ["x"]}, rule)
        assert (found.status, found.message.partition(":")[0]) == ("skipped", "nothing configured")


# --- future --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "dtype", "options", "rows"),
    [
        ([datetime(2024, 6, 15, 12), datetime(2024, 6, 15, 12, 0, 1), None], pl.Datetime("us"), {}, [2]),
        (
            [datetime(2024, 6, 15, 12), datetime(2024, 6, 15, 12, 5), datetime(2024, 6, 15, 12, 6)],
            pl.Datetime("ms"),
            {"tolerance": "5m"},
            [3],
        ),
        (
            [datetime(2024, 6, 15, 14), datetime(2024, 6, 15, 14, 1)],
            pl.Datetime("us"),
            {"timezone": "Europe/Berlin"},
            [2],
        ),
        (
            [datetime(2024, 6, 15, 12), datetime(2024, 6, 15, 12, 1)],
            pl.Datetime("us", "UTC"),
            {"timezone": "Europe/Berlin"},
            [2],
        ),
        ([date(2024, 6, 15), date(2024, 6, 16)], pl.Date, {}, [2]),
        ([date(2024, 6, 15), date(2024, 6, 16)], pl.Date, {"timezone": "Pacific/Kiritimati"}, []),
        ([date(2024, 6, 15), date(2024, 6, 16), date(2024, 6, 17)], pl.Date, {"tolerance": "1d"}, [3]),
        ([None], pl.Date, {}, []),
        ([], pl.Datetime("us", "Asia/Tokyo"), {}, []),
    ],
)
def test_future(values, dtype, options, rows):
    assert failing(pl.DataFrame({"t": values}, schema={"t": dtype}), Future("t", **options), clock=lambda: NOON) == rows


def test_a_moment_is_the_same_in_every_zone():
    utc = pl.Series("t", [datetime(2024, 6, 15, 11, 59), datetime(2024, 6, 15, 12, 1)], dtype=pl.Datetime("us", "UTC"))
    for zone in ("Asia/Kathmandu", "America/Sao_Paulo"):
        assert failing(utc.dt.convert_time_zone(zone).to_frame(), Future("t"), clock=lambda: NOON) == [2]


def test_a_bare_future_looks_at_every_column_of_time():
    frame = {"d": [date(2030, 1, 1)], "t": [datetime(2030, 1, 1)], "n": [1]}
    found = outcomes(frame, Future(), clock=lambda: NOON)
    assert [(o.columns, o.failed) for o in found] == [(("d",), 1), (("t",), 1)]


def test_future_tolerance_beyond_the_calendar():
    assert "beyond the calendar" in at({"t": [date(2024, 1, 1)]}, Future("t", tolerance="500000w")).error


# --- gap -----------------------------------------------------------------------------------------------------------


def days(*numbers):
    return [date(2024, 1, n) for n in numbers]


def test_gap_tells_what_is_missing():
    found = at({"d": days(1, 2, 5, 6, 8)}, Gap("d", every="1d"))
    assert found.message == "3 steps of 1d missing in 2 gaps; the longest: 2 from 2024-01-03 to 2024-01-04"
    assert found.failed == 3
    assert [e.values for e in found.examples] == [
        {"first_missing": "2024-01-03", "last_missing": "2024-01-04", "missing": 2},
        {"first_missing": "2024-01-07", "last_missing": "2024-01-07", "missing": 1},
    ]


@pytest.mark.parametrize(
    ("values", "options", "missing"),
    [
        (days(1, 2, 3), {}, 0), (days(3, 1, 2, 2), {}, 0), (days(1, 3), {"max_fail": 1}, 1), ([], {}, 0), ([None], {}, 0), ([*days(1, 3), None], {}, 1),
        ([datetime(2024, 1, 1, 0, 30), datetime(2024, 1, 1, 3, 10)], {"every": "1h"}, 2),
        ([datetime(2024, 1, 31), datetime(2024, 2, 29), datetime(2024, 4, 1)], {"every": "1mo"}, 1),
        ([date(2020, 1, 1), date(2023, 1, 1)], {"every": "1y"}, 2),
    ],
)  # fmt: skip
def test_gap(values, options, missing):
    frame = pl.DataFrame({"d": values}, schema=None if values and values[0] else {"d": pl.Date})
    found = at(frame, Gap("d", **{"every": "1d", **options}))
    assert (found.failed, found.status) == (missing, "passed" if missing <= options.get("max_fail", 0) else "warned")


def test_gap_across_summer_time():
    hours = pl.datetime_range(datetime(2024, 3, 30), datetime(2024, 4, 1), "1h", time_zone="Europe/Berlin", eager=True)
    assert at(pl.DataFrame({"t": hours}), Gap("t", every="1h")).failed == 0
    assert at(pl.DataFrame({"t": hours.gather([*range(5), *range(8, len(hours))])}), Gap("t", every="1h")).failed == 3


def test_gap_by_group():
    frame = {"d": days(1, 2, 1, 4), "shop": ["a", "a", "b", "b"]}
    found = at(frame, Gap("d", every="1d", group_by="shop"))
    assert found.message == "2 steps of 1d missing in 1 gap; the longest: 2 from 2024-01-02 to 2024-01-03 of shop=b"
    assert found.examples[0].values["shop"] == "b"
    assert found.expected == "no gap in steps of 1d for each shop"


def test_gap_of_some_rows():
    assert at({"d": days(1, 2, 4), "n": [1, 1, 2]}, Gap("d", every="1d", where="n = 1")).failed == 0


def test_gap_with_a_group_that_is_not_there():
    assert 'did you mean "shop"' in at({"d": days(1), "shop": ["a"]}, Gap("d", group_by="shp")).error


def test_hours_of_dates_are_an_error():
    assert "shorter than a day" in at({"d": days(1)}, Gap("d", every="1h")).error


# --- formats of dates ----------------------------------------------------------------------------------------------


def test_date_format():
    values = ["2024-02-29", "2023-02-29", "29.02.2024", "2024-02-29 ", "", None]
    assert failing({"s": values}, DateFormat("s", format="%Y-%m-%d")) == [2, 3, 4, 5]


@pytest.mark.parametrize(
    ("format_", "good", "bad"),
    [
        ("%d.%m.%Y %H:%M", "01.12.2024 23:59", "01.12.2024 24:00"),
        ("%H:%M", "23:59", "23:60"),
        ("%Y-%m-%dT%H:%M:%S%z", "2024-01-01T00:00:00+0100", "2024-01-01T00:00:00"),
        ("%Y%m%d", "20241231", "20241301"),
    ],
)
def test_date_formats(format_, good, bad):
    assert failing({"s": [good, bad]}, DateFormat("s", format=format_)) == [2]


@pytest.mark.parametrize("values", [[], [None]])
def test_date_format_of_nothing(values):
    assert failing(pl.DataFrame({"s": values}, schema={"s": pl.String}), DateFormat("s", format="%Y")) == []


def test_date_format_of_a_date_column_is_an_error():
    assert at({"d": days(1)}, DateFormat("d", format="%Y")).error == "date_format needs a text column, this one is date"


# --- mistakes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (lambda: Freshness("t"), "give max_age"),
        (lambda: Freshness("t", max_age="soon"), "max_age: .*1h 30m"),
        (lambda: Freshness("t", max_age="1d", timezone="Berlin"), "timezone: .*Europe/Berlin"),
        (lambda: Freshness("t", max_age="1d", timezone="../../etc/passwd"), "is not a time zone"),
        (lambda: Freshness("t", max_age="1d", timezone=5), "timezone"),
        (lambda: Freshness("t", max_age="1d", mostly=0.5), "freshness does not support this option"),
        (lambda: Freshness(columns={"a": {"max_age": "1d"}, "b": {}}), "columns.b: give max_age"),
        (lambda: Future("t", tolerance="-5m"), "not negative"),
        (lambda: Gap("t", every="1x"), "every: .*write it like 1d"),
        (lambda: Gap("t", every="0d"), "every"),
        (lambda: Gap("t", max_fail="5%"), "max_fail: give a count of missing steps"),
        (lambda: Gap("t", max_fail={"high": "5%"}), "max_fail: give a count"),
        (lambda: DateFormat("t"), "give format"),
        (lambda: DateFormat("t", format="yyyy-mm-dd"), "has no directive"),
    ],
)
def test_mistakes(made, problem):
    with pytest.raises(ConfigError, match=problem):
        made()


def test_each_column_may_have_its_own_age():
    frame = {"a": [date(2024, 6, 1)], "b": [date(2024, 6, 1)]}
    found = outcomes(frame, Freshness(columns={"a": {"max_age": "1d"}, "b": {"max_age": "30d"}}), clock=lambda: NOON)
    assert [o.status.value for o in found] == ["warned", "passed"]
