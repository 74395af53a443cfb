"""Codes stay codes, wherever in a file they first show; numbers, dates and times become values."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import polars as pl
import pytest

from truthound.errors import ConfigError, SourceError
from truthound.sources import open_source


def opened(path, text, **options):
    path.write_text(text)
    return open_source({"path": str(path), "options": options}).frame.collect()


@pytest.mark.parametrize(
    ("usual", "late", "options"),
    [
        ("12345", "02139", {}), ("-5", "-05", {}), ("12345", "+4915112345", {}), ("12345", "12E4", {}), ("12345", "3E7", {}),
        ("1.5", "01.5", {}), ("NaN", "007", {}), ("1.5", "-00.5", {}), ("123456789012345678901234567890", "+5", {}), ("1,5", "00,5", {"decimal_comma": True}),
        ("1e5", "12345678901234567", {}), ("1e5", "47583E90003", {}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("after", [0, 50])
def test_codes(tmp_path, usual, late, options, after):
    text = "code;n\n" + f"{usual};1\n" * after + f"{late};2\n{usual};3\n"
    found = opened(tmp_path / "a.csv", text, infer_schema_length=20, separator=";", **options)
    assert found["code"].to_list() == [usual] * after + [late, usual]
    assert found["n"].dtype == pl.Int64


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["1", "-2", "0", "-0"], [1, -2, 0, 0]), (["1", "99999999999999999999"], [1, 99999999999999999999]), (["1", "9" * 45], ["1", "9" * 45]),
        (["1.5", "1", "12E4"], [1.5, 1.0, 120000.0]), (["1e5", "2.5e-3"], [100000.0, 0.0025]), ([".5", "5.", "-0.5"], [0.5, 5.0, -0.5]),
        (["1", ""], [1, None]), (["1", '""'], [1, None]), (["x", '""'], ["x", ""]), ([" 1", "2"], [" 1", "2"]), (["1_000"], ["1_000"]), (["0x1F"], ["0x1F"]),
        (["true", "False", "TRUE"], [True, False, True]), (["yes"], ["yes"]), (["12E4", "123"], ["12E4", "123"]), (["+1", "1"], ["+1", "1"]),
        (["2024-01-31", "2024-1-1"], [date(2024, 1, 31), date(2024, 1, 1)]), (["2024/01/31"], [date(2024, 1, 31)]), (["31.01.2024"], [date(2024, 1, 31)]), (["2024-02-30"], ["2024-02-30"]),
        (["2024-01-31T10:00:00.5", "2024-01-31 10:00"], [datetime(2024, 1, 31, 10, 0, 0, 500000), datetime(2024, 1, 31, 10)]),
        (["2024-01-31T10:00:00+02:00", "2024-01-31T10:00:00Z"], [datetime(2024, 1, 31, 8, tzinfo=UTC), datetime(2024, 1, 31, 10, tzinfo=UTC)]),
        (["2024-01-31T10:00:00.123456"] * 1100 + ["2024-01-31T10:00:00", "2024-01-31T10:00:00.5"], [datetime(2024, 1, 31, 10, 0, 0, 123456)] * 1100 + [datetime(2024, 1, 31, 10), datetime(2024, 1, 31, 10, 0, 0, 500000)]),
        (["2024-01-31", "2024-01-31T00:00:00"], ["2024-01-31", "2024-01-31T00:00:00"]), (["10:00", "10:00:00.5"], [time(10), time(10, 0, 0, 500000)]), (["24:00:00"], ["24:00:00"]),
        (["", ""], [None, None]), (["1.5", "Infinity", "-inf"], [1.5, float("inf"), float("-inf")]),
    ],
)  # fmt: skip
def test_types(tmp_path, texts, values):
    """The same whether the first rows show it or all of them are looked at."""
    text = "v,n\n" + "".join(f"{t},1\n" for t in texts)
    for length in (10_000, None):
        assert opened(tmp_path / "a.csv", text, infer_schema_length=length)["v"].to_list() == values


def test_types_of_all_rows_become_wider(tmp_path, monkeypatch):
    monkeypatch.setattr("truthound.sources.files.csv_reader._SAMPLE", 1)
    text = "a,b,c,d,e\n1,1,1,2024-01-01,1\n2,99999999999999999999,1.5,soon,1\n3,2,x,2024-01-02,007\n"
    found = opened(tmp_path / "a.csv", text, infer_schema_length=None)
    assert list(found.schema.values()) == [pl.Int64, pl.Int128, pl.String, pl.String, pl.String]
    with pytest.raises(SourceError, match=r'a.csv:4:5: "x" is not a float64 \(column "c"\)'):
        opened(tmp_path / "a.csv", text, infer_schema_length=None, schema_overrides={"c": "float64"})


@pytest.mark.parametrize("before", [0, 50])
@pytest.mark.parametrize(
    ("texts", "dtype"),
    [
        (["12345678901234567.89", "12345678901234567.90", "-1.5"], pl.Decimal(38, 2)), (["9007199254740993", "9007199254740992", "1.5"], pl.Decimal(38, 1)),
        (["0.12345678901234567891", "1"], pl.Decimal(38, 20)), (["12345678901234567,89", "12345678901234567,90"], pl.Decimal(38, 2)),
        (["0." + "1" * 40, "1e3"], pl.Float64()), (["0.8444218515250481", "-0.012345678901234567"], pl.Float64()), (["12345678901234567.89", "01.5"], pl.String()),
    ],
)  # fmt: skip
def test_numbers_with_more_digits_than_a_float_are_decimals(tmp_path, texts, dtype, before):
    text = "v;n\n" + f"{'0,5' if ',' in texts[0] else '0.5'};1\n" * before + "".join(f"{t};1\n" for t in texts)
    found = opened(tmp_path / "a.csv", text, separator=";", infer_schema_length=20, decimal_comma="," in texts[0])[
        "v"
    ].tail(len(texts))
    assert found.dtype == dtype
    told = [Decimal(t.replace(",", ".")) for t in texts]
    assert (
        [Decimal(str(v)) for v in found] == told
        if not dtype.is_float()
        else found.to_list() == [float(t) for t in told]
    )


@pytest.mark.parametrize("zone", ["", "Z"])
def test_moments_keep_every_digit_or_stay_text(tmp_path, zone):
    def read(*fractions, year=2024, **options):
        rows = "".join(f"{year}-01-31T10:00:00{f}{zone}\n" for f in fractions)
        return opened(tmp_path / "a.csv", f"v\n{rows}", infer_schema_length=2, **options)["v"]

    assert read(".123456789", ".123456788", ".5").dtype == pl.Datetime("ns", (zone and "UTC") or None)
    assert read(".123456789", ".123456788").n_unique() == 2
    assert read(".123456000").dtype == pl.Datetime("us", (zone and "UTC") or None)
    assert read(".1234567891", ".1234567892").n_unique() == 2
    assert read(".123456789", year=3024).to_list() == [f"3024-01-31T10:00:00.123456789{zone}"]
    with pytest.raises(SourceError, match=r"a.csv:4:1: .* is not a datetime .*\{v: datetime\[ns\]\}"):
        read("", "", ".123456789")
    with pytest.raises(SourceError, match=r"\{v: datetime\[us\]\}"):
        read(".0001", schema_overrides={"v": "datetime[ms]"})
    with pytest.raises(SourceError, match="is not a datetime"):
        read("", year=3024, schema_overrides={"v": "datetime[ns]"})


@pytest.mark.parametrize("time", ["", "T10:00:00", " 10:00:00.5", "T10:00:00Z"])
@pytest.mark.parametrize("before", [0, 5])
def test_dates_of_any_year(tmp_path, time, before):
    """Years beyond 9999 and before 0 are dates beside others; alone they are rather codes."""

    def read(*days):
        text = "v\n" + f"2024-01-31{time}\n" * before + "".join(f"{d}{time}\n" for d in days)
        return opened(tmp_path / "a.csv", text, infer_schema_length=max(before, len(days)))["v"].tail(len(days))

    found = read("-0044-03-15", "0000-01-01", "2024-02-29", "10000-01-01", "+20000-12-31")
    assert found.dtype.is_temporal()
    assert found.is_sorted()
    assert found.dt.year().to_list() == [-44, 0, 2024, 10000, 20000]
    if not before:
        assert read("12345-01-02", "12345-01-03").dtype == pl.String
        assert read("2024-01-31", "10000-13-01").dtype == pl.String


@pytest.mark.parametrize("text", ["1.005", "1e-3", "123456789.5", "-0.001"])
def test_declared_decimals_lose_no_digit(tmp_path, text):
    with pytest.raises(SourceError, match=rf'a.csv:3:1: "{text}" is not a decimal'):
        opened(tmp_path / "a.csv", f"v\n1.0500\n{text}\n", schema_overrides={"v": "decimal(10,2)"})
    found = opened(tmp_path / "a.csv", "v\n1.0500\n1e2\n", schema_overrides={"v": "decimal(10,2)"})
    assert found["v"].to_list() == [Decimal("1.05"), Decimal(100)]


def test_declared_types_are_not_second_guessed(tmp_path):
    found = opened(
        tmp_path / "a.csv", "a,b,c\n007,+5,10:00\n", schema_overrides={"a": "int64", "b": "float64", "c": "string"}
    )
    assert found.rows() == [(7, 5.0, "10:00")]
    with pytest.raises(ConfigError, match=r"options\.schema_overrides: a: text cannot be read as duration"):
        opened(tmp_path / "a.csv", "a\n1\n", schema_overrides={"a": "duration"})


@pytest.mark.parametrize(
    ("text", "dtype", "value"),
    [
        ("2024-01-31", "datetime", datetime(2024, 1, 31)), ("2024-01-31T10:00:00+02:00", "datetime", datetime(2024, 1, 31, 8)), ("31/01/2024 10:00", "datetime", datetime(2024, 1, 31, 10)),
        ("2024-01-31T10:00", "datetime[us,UTC]", datetime(2024, 1, 31, 10, tzinfo=UTC)), ("31.01.2024", "date", date(2024, 1, 31)), ("10:00", "time", time(10)), ("TRUE", "boolean", True),
    ],
)  # fmt: skip
def test_declared_moments(tmp_path, text, dtype, value):
    found = opened(tmp_path / "a.csv", f"v,n\n{text},1\n,2\n", schema_overrides={"v": dtype})
    assert found["v"].to_list() == [value, None]


@pytest.mark.parametrize("name", ["^a$", "*", "", "a b", "__x"])
def test_names_mean_themselves(tmp_path, name):
    found = opened(
        tmp_path / "a.csv", f"{name},a\n1,2\n" + "3,4\n" * 30 + "05,x\n", infer_schema_length=5, ignore_errors=True
    )
    assert found.get_column(name)[-1] == "05"
    assert found["a"][-1] is None
