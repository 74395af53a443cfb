"""Codes stay codes, wherever in a file they first show; numbers, dates and times become values."""

from datetime import UTC, date, datetime, time

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
        (["", ""], [None, None]),
    ],
)  # fmt: skip
def test_types(tmp_path, texts, values):
    """The same whether the first rows show it or all of them are looked at."""
    text = "v,n\n" + "".join(f"{t},1\n" for t in texts)
    for length in (10_000, None):
        assert opened(tmp_path / "a.csv", text, infer_schema_length=length)["v"].to_list() == values


def test_types_of_all_rows_become_wider(tmp_path, monkeypatch):
    monkeypatch.setattr("truthound.sources.csv_table._SAMPLE", 1)
    text = "a,b,c,d,e\n1,1,1,2024-01-01,1\n2,99999999999999999999,1.5,soon,1\n3,2,x,2024-01-02,007\n"
    found = opened(tmp_path / "a.csv", text, infer_schema_length=None)
    assert list(found.schema.values()) == [pl.Int64, pl.Int128, pl.String, pl.String, pl.String]
    with pytest.raises(SourceError, match=r'a.csv:4:5: "x" is not a float64 \(column "c"\)'):
        opened(tmp_path / "a.csv", text, infer_schema_length=None, schema_overrides={"c": "float64"})


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
