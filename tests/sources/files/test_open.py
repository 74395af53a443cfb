"""Parquet, NDJSON, JSON, Arrow, Excel, Delta; files, globs and folders; and what is wrong with them."""

import datetime as dt
import gzip
import json
import os
import sys
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

import truthound as th
from truthound import check
from truthound.errors import ConfigError, SourceError
from truthound.sources import open_source
from truthound.sources.options import OPTIONS, parse_options

FRAME = pl.DataFrame({"id": [1, 2], "name": ["ann", None]})


def told(spec, base=None):
    """The message of a source that cannot be opened or collected."""
    try:
        source = open_source(spec, base=base)
    except SourceError as error:
        return str(error)
    with pytest.raises((pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)) as caught:
        source.frame.collect(engine="streaming")
    return str(source.explain(caught.value))


def wrong(spec):
    with pytest.raises(ConfigError) as caught:
        open_source(spec)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "kind", "write"),
    [
        ("a.parquet", "parquet", pl.DataFrame.write_parquet),
        ("a.PQ", "parquet", pl.DataFrame.write_parquet),
        ("a.arrow", "ipc", pl.DataFrame.write_ipc),
        ("a.feather", "ipc", pl.DataFrame.write_ipc),
        ("a.arrows", "ipc", pl.DataFrame.write_ipc_stream),
        ("a.ndjson", "ndjson", pl.DataFrame.write_ndjson),
        ("a.jsonl", "ndjson", pl.DataFrame.write_ndjson),
        ("a.json", "ndjson", pl.DataFrame.write_ndjson),
        ("a.json", "json", pl.DataFrame.write_json),
        ("a.xlsx", "excel", pl.DataFrame.write_excel),
    ],
)
def test_formats(tmp_path, name, kind, write):
    write(FRAME, tmp_path / name)
    source = open_source(name, base=tmp_path)
    assert (source.kind, source.path, source.name) == (kind, tmp_path / name, name)
    assert source.frame.collect().equals(FRAME)
    assert open_source({"path": name, "where": "id = 2"}, base=tmp_path).frame.collect().rows() == [(2, None)]
    assert open_source({"path": name, "options": {"columns": ["name"]}}, base=tmp_path).frame.collect().columns == [
        "name"
    ]
    assert 'no column is called "nam"; did you mean "name"?' in wrong(
        {"path": str(tmp_path / name), "options": {"columns": ["nam"]}}
    )


def test_an_ending_that_says_nothing(tmp_path):
    FRAME.write_parquet(tmp_path / "data.bin")
    assert "its extension does not determine the format; give a mapping with path and format" in told(
        tmp_path / "data.bin"
    )
    assert open_source({"path": tmp_path / "data.bin", "format": "parquet"}).frame.collect().equals(FRAME)
    (tmp_path / "data.txt").write_text("a;b\n1;2\n")
    assert open_source({"path": tmp_path / "data.txt", "format": "CSV"}).frame.collect().rows() == [(1, 2)]
    assert 'did you mean "parquet"?' in wrong({"path": str(tmp_path / "data.bin"), "format": "parket"})
    (tmp_path / "data.csv.bz2").write_bytes(b"x")
    assert "unpack it, or pack it as .gz or .zst" in told(tmp_path / "data.csv.bz2")


def test_where(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,day\n1,2024-01-01\n2,2024-02-01\n3,\n")
    for where, ids in {
        "day >= '2024-01-15'": [2], "day IS NULL OR id = 1": [1, 3], "id IN (1, 2) -- some": [1, 2], "id % 2 = 1": [1, 3],
    }.items():  # fmt: skip
        assert open_source({"path": path, "where": where}).frame.collect()["id"].to_list() == ids
    assert wrong({"path": str(path), "where": "dya > 1"}) == 'where: no column is called "dya"; did you mean "day"?'
    assert 'where: no column is called "dya"; did you mean "day"?' in wrong({"path": str(path), "where": "dya > 1"})
    assert "is not a SQL expression" in wrong({"path": str(path), "where": "id >"})
    with pytest.raises(SourceError, match="where: in some row"):
        th.check({"path": path, "where": "10 // (id - 1) > 0"}, ["null"])
    assert "is not a SQL expression" in wrong(
        {"path": str(path), "where": "1 = 1) UNION SELECT * FROM self WHERE (1 = 1"}
    )
    assert "is an integer, not true or false" in wrong({"path": str(path), "where": "id + 1"})


def test_globs_and_folders(tmp_path):
    folder = tmp_path / "d[1]" / "deep"
    folder.mkdir(parents=True)
    for i, name in enumerate(["b", "a"]):
        FRAME.with_columns(pl.lit(i).alias("part")).write_parquet(folder / f"{name}.parquet")
    for name in ("_SUCCESS", ".a.parquet.crc", "_metadata"):
        (folder / name).write_text("no data")
    for spec in (folder, tmp_path / "d[1]", str(tmp_path / "d[[]1]" / "**" / "*.parquet")):
        source = open_source(spec)
        assert source.path is None
        assert source.frame.collect()["part"].to_list() == [1, 1, 0, 0]
    assert "no file matches" in told(str(folder / "*.csv"))
    (tmp_path / "empty").mkdir()
    assert "holds no data files" in told(tmp_path / "empty")
    (folder / "notes").write_text("x")
    assert open_source(folder).frame.collect().height == 4
    (folder / "c.csv").write_text("a\n1\n")
    assert "holds files of several formats (1 csv, 2 parquet); give a format" in told(folder)
    assert open_source({"path": folder, "format": "csv"}).frame.collect().height == 1


def test_hive_partitions(tmp_path):
    for year in (2023, 2024):
        folder = tmp_path / "x=1" / "sales" / f"year={year}"
        folder.mkdir(parents=True)
        FRAME.write_parquet(folder / "p.parquet")
    root = tmp_path / "x=1" / "sales"
    frame = open_source(root).frame.collect()
    assert frame["year"].to_list() == [2023, 2023, 2024, 2024]
    assert open_source({"path": root, "where": "year = 2024"}).frame.collect().height == 2
    assert "year" not in open_source({"path": root, "options": {"hive_partitioning": False}}).frame.collect().columns
    assert "x" not in frame.columns


@pytest.mark.parametrize(
    ("ending", "write"), [("parquet", pl.DataFrame.write_parquet), ("arrow", pl.DataFrame.write_ipc)]
)
def test_files_that_differ_in_their_columns(tmp_path, ending, write):
    write(FRAME, tmp_path / f"a.{ending}")
    write(FRAME.with_columns(more=1).drop("name").select("more", "id"), tmp_path / f"b.{ending}")

    def read(**options):
        return open_source({"path": tmp_path, "options": options}).frame.collect()

    assert f'b.{ending} lacks the column "name" that a.{ending} has; set options.missing_columns: insert' in told(
        tmp_path
    )
    extra = told({"path": tmp_path, "options": {"columns": ["id"], "missing_columns": "raise"}})
    assert "lacks the column" in extra
    both = read(missing_columns="insert")
    assert both.columns == ["id", "name", "more"]
    assert both.rows() == [(1, "ann", None), (2, None, None), (1, None, 1), (2, None, 1)]
    first = read(missing_columns="insert", extra_columns="ignore")
    assert (first.columns, first["name"].to_list()) == (["id", "name"], ["ann", None, None, None])
    write(FRAME.with_columns(more=1).select("more", "name", "id"), tmp_path / f"b.{ending}")
    assert f'b.{ending} has a column "more" that a.{ending} lacks; set options.extra_columns: ignore' in told(tmp_path)
    assert read(extra_columns="ignore").rows() == [(1, "ann"), (2, None), (1, "ann"), (2, None)]


def column(*values, dtype=None):
    return pl.DataFrame({"id": [1] * len(values), "x": pl.Series(values, dtype=dtype)})


@pytest.mark.parametrize(
    ("frames", "dtype"),
    [
        ([column(1, dtype=pl.Int32), column(2**40)], pl.Int64),
        ([column(2**40), column(1, dtype=pl.Int32)], pl.Int64),
        ([column(None, dtype=pl.Null), column(5)], pl.Int64),
        ([column(5), column(None, dtype=pl.Null), column(1.5)], pl.Float64),
        ([column(1, dtype=pl.Int32), column(1.5)], pl.Float64),
        ([column(2**53), column(1.5, dtype=pl.Float32)], pl.Float64),
        ([column(200, dtype=pl.UInt8), column(-1, dtype=pl.Int8)], pl.Int16),
        ([column(2**64 - 1, dtype=pl.UInt64), column(-1)], pl.Int128),
        ([column("a", dtype=pl.Categorical), column("b")], pl.String),
        ([column(Decimal("1.5"), dtype=pl.Decimal(5, 1)), column(Decimal("1.25"), dtype=pl.Decimal(10, 2))], pl.Decimal(10, 2)),
        ([column(Decimal("1.5"), dtype=pl.Decimal(5, 1)), column(2**40)], pl.Decimal(21, 1)),
        ([column(dt.datetime(2024, 1, 1), dtype=pl.Datetime("ms")), column(dt.datetime(2024, 1, 2), dtype=pl.Datetime("ns"))], pl.Datetime("ns")),
        ([column([1], dtype=pl.List(pl.Int8)), column([2**40])], pl.List(pl.Int64)),
        ([column({"a": 1}), column({"a": 1.5, "b": "x"})], pl.Struct({"a": pl.Float64, "b": pl.String})),
    ],
)  # fmt: skip
def test_files_that_differ_in_their_types_have_the_type_that_holds_all_values(tmp_path, frames, dtype):
    for i, frame in enumerate(frames):
        frame.write_parquet(tmp_path / f"{i}.parquet")
    source = open_source(tmp_path)
    read = source.frame.collect()
    assert (read.schema["x"], source.unreadable) == (dtype, {})
    before = [v for frame in frames for v in frame["x"].to_list()]
    if not dtype.is_nested():
        assert read["x"].to_list() == before
    assert read["x"].null_count() == before.count(None)
    assert open_source(str(tmp_path / "*.parquet")).frame.collect().equals(read)


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        ([column(1), column("a")], "it is int64 in 0.parquet and string in 1.parquet; set options.schema_overrides: {x: string}"),
        ([column(2**53 + 1), column(1.5)], "it is int64 in 0.parquet and float64 in 1.parquet"),
        ([column(dt.date(2024, 1, 1)), column(dt.datetime(2024, 1, 1, 5))], "it is date in 0.parquet and datetime"),
        ([column(True), column(1)], "it is boolean in 0.parquet and int64 in 1.parquet"),
        ([column(dt.datetime(2024, 1, 1)), column(dt.datetime(2024, 1, 1, tzinfo=dt.UTC))], "time_zone='utc'"),
        ([column(dt.datetime(1, 1, 1)), column(dt.datetime(2024, 1, 1), dtype=pl.Datetime("ns"))], "of which no one type holds all values"),
    ],
)  # fmt: skip
def test_files_whose_types_have_none_in_common_make_that_column_unreadable(tmp_path, frames, words):
    for i, frame in enumerate(frames):
        frame.write_parquet(tmp_path / f"{i}.parquet")
    source = open_source(tmp_path)
    assert words in source.unreadable["x"]
    assert source.frame.collect()["id"].to_list() == [1] * len(frames)
    text = open_source({"path": tmp_path, "options": {"schema_overrides": {"x": "string"}}})
    assert (text.unreadable, text.frame.collect().schema["x"]) == ({}, pl.String)


def test_types_that_are_asked_for_and_that_values_are_not_of(tmp_path):
    column(1.5, 2.0).write_parquet(tmp_path / "a.parquet")
    source = open_source({"path": tmp_path, "options": {"schema_overrides": {"x": "int64"}}})
    assert source.unreadable == {"x": "it holds values that are not int64"}
    assert 'options.schema_overrides: no column is called "y"' in wrong(
        {"path": str(tmp_path), "options": {"schema_overrides": {"y": "int64"}}}
    )


@pytest.mark.parametrize(
    ("values", "dtype", "read"),
    [
        (["02139", "10001"], pl.String, ["02139", "10001"]), (["1", "2139"], pl.Int64, [1, 2139]), (["1", "A1"], pl.String, ["1", "A1"]),
        (["1.10", "1.2"], pl.String, ["1.10", "1.2"]), (["1.5", "2"], pl.Float64, [1.5, 2.0]), (["1E5", "5"], pl.String, ["1E5", "5"]),
        (["01", "12"], pl.String, ["01", "12"]), (["true", "false"], pl.Boolean, [True, False]), (["-0", "1"], pl.String, ["-0", "1"]),
        (["2024-01-01", "2024-01-02"], pl.Date, [dt.date(2024, 1, 1), dt.date(2024, 1, 2)]), (["2024-01-01", "2024-13-01"], pl.String, ["2024-01-01", "2024-13-01"]),
        (["a%20b", "__HIVE_DEFAULT_PARTITION__"], pl.String, ["a b", None]), (["5", "__HIVE_DEFAULT_PARTITION__"], pl.Int64, [5, None]),
    ],
)  # fmt: skip
def test_codes_in_names_of_folders_stay_codes(tmp_path, values, dtype, read):
    for ending, write in (
        ("parquet", pl.DataFrame.write_parquet),
        ("arrow", pl.DataFrame.write_ipc),
        ("arrows", pl.DataFrame.write_ipc_stream),
    ):
        for i, value in enumerate(values):
            folder = tmp_path / ending / f"k={value}"
            folder.mkdir(parents=True)
            write(pl.DataFrame({"i": [i]}), folder / f"a.{ending}")
        found = open_source(tmp_path / ending).frame.collect().sort("i")
        assert (found.schema["k"], found["k"].to_list()) == (dtype, read)
    if dtype == pl.String and values[0] == "01":
        asked = open_source({"path": tmp_path / "parquet", "options": {"schema_overrides": {"k": "int64"}}})
        assert sorted(asked.frame.collect()["k"]) == [1, 12]


def test_files_beside_folders_named_key_value(tmp_path):
    (tmp_path / "k=1").mkdir()
    FRAME.write_parquet(tmp_path / "k=1" / "a.parquet")
    FRAME.write_parquet(tmp_path / "b.parquet")
    assert "b.parquet is not in a folder k=…, as other files are; set options.hive_partitioning: false" in told(
        tmp_path
    )
    assert open_source({"path": tmp_path, "options": {"hive_partitioning": False}}).frame.collect().height == 4


def test_parquet_columns_of_types_that_the_engine_lacks(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(
        pa.table({"id": [1], "d": pa.array([Decimal(10) ** 60], pa.decimal256(76, 2))}), tmp_path / "a.parquet"
    )
    source = open_source(tmp_path / "a.parquet")
    assert source.unreadable == {"d": "its type is decimal(precision=76, scale=2), a decimal of more than 38 digits"}
    assert source.frame.collect().rows() == [(1, None)]
    late = pa.array([86_400 * 10**6], pa.int64()).cast(pa.time64("us"))
    pq.write_table(pa.table({"id": [1], "t": late, "u": pa.array([5], pa.time64("ns"))}), tmp_path / "t.parquet")
    assert open_source(tmp_path / "t.parquet").unreadable == {"t": "it holds 24:00:00, which no time of day is"}
    pq.write_table(pa.table({"id": [1], "v": pa.array([[1]], pa.list_view(pa.int64()))}), tmp_path / "b.parquet")
    source = open_source(tmp_path / "b.parquet")
    assert source.unreadable == {"v": "its type is list_view<element: int64>, which is not read from a dataset"}
    assert source.frame.collect().rows() == [(1, None)]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.parquet", b"", "a.parquet is empty (0 bytes)"),
        ("a.parquet", b"PAR1" + b"x" * 100 + b"PAR1", "a.parquet cannot be read as Parquet"),
        ("a.parquet", b"hello" * 100, "the file is damaged or of another format"),
        ("a.arrow", b"ARROW1xxxxxx", "a.arrow cannot be read as Arrow IPC"),
        ("a.arrow", b"hello", "a.arrow is not Arrow IPC"),
        ("a.ndjson", b"", "a.ndjson is empty (0 bytes)"),
        ("a.ndjson", b"\n\n", "a.ndjson is empty: it holds only blank lines"),
        ("a.ndjson", b"\x00\x01" * 99, "a.ndjson is not text: it holds NUL bytes"),
        ("a.json", b"", "a.json is empty (0 bytes)"),
        ("a.json", b"[", "a.json:1:2: not JSON: "),
        ("a.json", b"[]", "a.json is an empty list"),
        ("a.json", b"[{}]", "a.json has no columns"),
        ("a.json", b'[{"a": 1}, 5]', "a.json: item 2 is not an object but 5"),
        ("a.json", b"[" * 100_000, "a.json is nested too deeply"),
        ("a.json", b'[{"a": "\xe9"}]', "a.json:1:9: byte 0xE9 is not UTF-8"),
        ("a.xlsx", b"", "a.xlsx is empty (0 bytes)"),
        ("a.xlsx", b"PK\x03\x04nope", "a.xlsx cannot be read as Excel"),
    ],
)
def test_files_that_are_not_what_they_seem(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    assert words in told(tmp_path / name)


def test_a_parquet_file_damaged_in_the_middle(tmp_path):
    path = tmp_path / "a.parquet"
    pl.DataFrame({"a": range(100_000)}).write_parquet(path)
    data = bytearray(path.read_bytes())
    data[100:20_000] = b"\xff" * 19_900
    path.write_bytes(data)
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "b.parquet")
    assert told(path).startswith("a.parquet cannot be read as Parquet: ")
    assert told(tmp_path).startswith("a.parquet cannot be read as Parquet: ")


def test_missing_files(tmp_path):
    (tmp_path / "users.csv").write_text("a\n1\n")
    assert told("user.csv", tmp_path) == f'user.csv does not exist in {tmp_path.resolve()}; did you mean "users.csv"?'
    assert told("zzz.parquet", tmp_path) == f"zzz.parquet does not exist in {tmp_path.resolve()}"
    (tmp_path / "data").mkdir()
    assert (
        told("dta/x.csv", tmp_path)
        == f'dta/x.csv does not exist: there is no folder {tmp_path / "dta"}; did you mean "data"?'
    )
    assert "too long" in told("x" * 5000 + ".csv")
    assert told("~no_such_user_here/x.csv").startswith("~no_such_user_here/x.csv: ")
    assert "holds a NUL character" in wrong("a\0b.csv")
    assert "is empty" in wrong("  ")
    os.mkfifo(tmp_path / "pipe.csv")
    assert "is a pipe" in told(tmp_path / "pipe.csv")
    (tmp_path / "users.csv").rename(tmp_path / "my users.csv")
    assert open_source(f"file://{tmp_path}/my%20users.csv").frame.collect().rows() == [(1,)]


@pytest.fixture
def nobody():
    """Another user, where the tests run as one who may do all."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        yield
        os.seteuid(0)
    else:
        yield


@pytest.fixture
def locked(tmp_path_factory):
    root = tmp_path_factory.mktemp("locked")
    for parent in [root, *root.parents][:3]:
        parent.chmod(0o755)
    (root / "file.csv").write_text("a\n1\n")
    (root / "folder").mkdir()
    (root / "folder" / "x.csv").write_text("a\n1\n")
    (root / "file.csv").chmod(0)
    (root / "folder").chmod(0)
    yield root
    (root / "folder").chmod(0o755)


def test_permissions(locked, request):
    request.getfixturevalue("nobody")
    assert "file.csv cannot be opened: permission denied" in told(locked / "file.csv")
    assert "folder cannot be opened: permission denied" in told(locked / "folder")
    assert "cannot be opened: permission denied" in told(locked / "folder" / "x.csv")


# --- NDJSON --------------------------------------------------------------------------------------------------------


def lines(*rows):
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows)


def test_ndjson(tmp_path):
    path = tmp_path / "a.ndjson"
    path.write_text(lines(*[{"a": 1}] * 500, {"a": 1.5, "late": "x"}, {"tags": ["u"], "sub": {"k": 1}}))
    frame = open_source(path).frame.collect()
    assert frame.columns == ["a", "late", "tags", "sub"]  # no key is lost, however late it comes
    assert frame["a"].dtype == pl.Float64
    path.write_bytes(b"\xef\xbb\xbf" + lines({"a": "ü"}, {"a": "x"}).encode())
    assert open_source(path).frame.collect().rows() == [("ü",), ("x",)]
    (tmp_path / "b.ndjson.gz").write_bytes(gzip.compress(lines({"a": 1}, {"a": 2}).encode()))
    assert open_source(tmp_path / "b.ndjson.gz").frame.collect().rows() == [(1,), (2,)]
    spec = {"path": tmp_path / "b.ndjson.gz", "options": {"schema_overrides": {"a": "float64"}}}
    assert open_source(spec).frame.collect().rows() == [(1.0,), (2.0,)]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ('{"a": }', "a.ndjson:5001:7: not JSON: Expecting value"),
        ('{"a": 1', "a.ndjson:5001:8: not JSON: "),
        ("[1]", 'a.ndjson:5001:1: "[1]" is not an object'),
        (
            '{"x y": 1, "a": "N/A"}',
            'a.ndjson:5001:17: "N/A" is not an int64 (column "a"); set options.schema_overrides: {"a": string}',
        ),
    ],
)
def test_ndjson_lines_that_do_not_parse(tmp_path, bad, words):
    path = tmp_path / "a.ndjson"
    path.write_text(lines(*[{"a": 1}] * 5000) + bad + "\n" + lines({"a": 2}))
    assert words in told({"path": path, "options": {"infer_schema_length": 100}})


@pytest.mark.parametrize(
    ("usual", "late", "expected"),
    [
        ({"a": 1, "b": "x:y"}, {"a": None}, (False, None, None)), ({"a": 1, "b": "x: null"}, {"b": None}, (False, None, None)), ({"a": 1}, {"z": 5}, (True, None, 5)),
        ({"a": 1}, {"a": "007"}, (True, "007")), ({"a": None}, {"a": 3}, (True, 3)), ({"a": {"x": 1}}, {"a": {"y": 2}}, (True, {"x": None, "y": 2})),
        ({"a": [{"x": "u:v"}]}, {"a": []}, (False, [])), ({"a:b": 1, "^c$": 2}, {"a:b": 2}, (False, 2, None)),
    ],
)  # fmt: skip
def test_fields_and_types_of_late_rows(tmp_path, monkeypatch, usual, late, expected):
    """Columns are learned from the first rows, and from all where these do not show everything."""
    from truthound.sources.files import ndjson

    monkeypatch.setattr(ndjson, "SAMPLE", 10)
    lengths = []
    settled = ndjson._settled
    monkeypatch.setattr(ndjson, "_settled", lambda *args: lengths.append(args[-1]) or settled(*args))
    (tmp_path / "a.ndjson").write_text(lines(*[usual] * 20, late))
    assert open_source(tmp_path / "a.ndjson").frame.collect().rows()[-1] == expected[1:]
    assert lengths == ([10, None] if expected[0] else [10])


@pytest.mark.parametrize("bad", [True, {"b": 2}, [1], 10**40])
def test_a_column_of_ndjson_that_no_type_holds(tmp_path, bad):
    path = tmp_path / "a.ndjson"
    path.write_text(lines({"id": 1, "x": 1}, {"id": 2}) + "\n" + lines({"id": 3, "x": bad}))
    source = open_source(path)
    assert list(source.unreadable) == ["x"]
    assert source.frame.collect()["id"].to_list() == [1, 2, 3]
    result = th.check(path, ["null", {"range": {"columns": "id", "max_value": 2}}])
    assert [(o.id, str(o.status)) for o in result.outcomes] == [
        ("null:id", "passed"),
        ("null:x", "error"),
        ("range:id", "warned"),
    ]
    assert [e.line for e in result.outcomes[2].examples] == [4]


@pytest.mark.parametrize("name", ["a.ndjson", "a.json"])
@pytest.mark.parametrize(
    ("dtype", "values", "bad"),
    [
        ("decimal(10,2)", ["1.10", 2.5, 3, None], "1.005"), ("decimal(10,2)", [1], 1.005), ("int64", [1.0, "7", None], 1.5), ("int8", [1], 300),
        ("float64", [1, "2.5"], "x"), ("date", ["2024-01-31"], "2024-01-31T05:00:00"), ("datetime[ms]", ["2024-01-31"], "2024-01-31T05:00:00.0001"), ("boolean", [True, "false"], "yes"),
    ],
)  # fmt: skip
def test_types_that_are_asked_for_cut_no_value_of_json(tmp_path, name, dtype, values, bad):
    def spec(*column):
        rows = [{"id": i, "x": v} for i, v in enumerate(column)]
        (tmp_path / name).write_text(lines(*rows) if name == "a.ndjson" else json.dumps(rows))
        return {"path": tmp_path / name, "options": {"schema_overrides": {"x": dtype}}}

    good = open_source(spec(*values)).frame.collect()["x"]
    assert good.is_null().to_list() == [v is None for v in values]
    assert (
        [Decimal(str(v)) for v in good.drop_nulls()] == [Decimal(v) for v in values if v is not None]
        if "decimal" in dtype
        else good.len()
    )
    source = open_source(spec(*values, bad))
    assert f'it holds "{bad}", which is not a' in source.unreadable["x"]
    assert source.frame.collect()["id"].to_list() == [*range(len(values)), len(values)]


def test_what_is_not_of_a_type_that_is_asked_for_in_large_ndjson(tmp_path, monkeypatch):
    monkeypatch.setattr("truthound.sources.base.PARSED_ONCE", 0)
    path = tmp_path / "a.ndjson"
    path.write_text(lines({"x": 1}, {"x": 1.005}))
    spec = {"path": path, "options": {"schema_overrides": {"x": "decimal(10,2)"}}}
    assert told(spec).startswith('a.ndjson:2:7: "1.005" is not a decimal (column "x")')


def test_ndjson_bytes_that_do_not_decode(tmp_path):
    path = tmp_path / "a.ndjson"
    path.write_bytes(lines(*[{"a": "x"}] * 5000).encode() + b'{"a": "\xe9"}\n')
    assert "a.ndjson:5001:8: byte 0xE9 is not UTF-8" in told({"path": path, "options": {"infer_schema_length": 100}})


def test_json_documents(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"a": 1}, {"a": 2.5, "b": [1]}, {"b": None}], indent=2))
    assert open_source(path).frame.collect().rows() == [(1.0, None), (2.5, [1]), (None, None)]
    path.write_text("\ufeff" + json.dumps({"a": "one object"}))
    assert open_source(path).frame.collect().rows() == [("one object",)]
    path.write_text(json.dumps([{"a": {"b": 1}}, {"a": {"b": {"c": 2}}}]))
    reason = (
        'a.json: column "a.b" holds number and object; give it one type, or set options.schema_overrides: {a: string}'
    )
    assert open_source(path).unreadable == {"a": reason}
    spec = {"path": path, "options": {"schema_overrides": {"a": "string"}}}
    assert open_source(spec).frame.collect()["a"].to_list() == ['{"b": 1}', '{"b": {"c": 2}}']


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([[1, True]], 'column "x" holds boolean and number'), ([1, {"b": 2}], 'column "x" holds number and object'), ([[1, "a"]], "it holds int, str"),
        ([2**53 + 1, 0.5], "it holds float, int beyond 2^53"), ([10**40], "it holds integers beyond 128 bits"),
    ],
)  # fmt: skip
def test_a_column_of_a_json_document_that_no_type_holds(tmp_path, values, words):
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"id": 1, "x": v} for v in values]))
    source = open_source(path)
    assert words in source.unreadable["x"]
    assert "set options.schema_overrides: {x: string}" in source.unreadable["x"]
    assert source.frame.collect()["id"].to_list() == [1] * len(values)
    text = open_source({"path": path, "options": {"schema_overrides": {"x": "string"}}})
    assert text.frame.collect()["x"].to_list() == [json.dumps(v) for v in values]
    assert wrong({"path": str(path), "options": {"schema_overrides": {"y": "string"}}})


# --- extras --------------------------------------------------------------------------------------------------------


def test_delta(tmp_path):
    path = tmp_path / "table"
    FRAME.write_delta(path)
    FRAME.write_delta(path, mode="append")
    source = open_source(path)
    assert (source.kind, source.frame.collect().height) == ("delta", 4)
    assert open_source({"path": path, "options": {"version": 0}}).frame.collect().height == 2
    assert open_source({"path": path, "format": "delta", "where": "id = 1"}).frame.collect().height == 2
    assert "cannot be read as a Delta table" in told({"path": path, "options": {"version": 99}})
    (tmp_path / "plain").mkdir()
    assert "it has no folder _delta_log" in told({"path": tmp_path / "plain", "format": "delta"})


@pytest.mark.parametrize(
    ("extra", "package", "name"), [("excel", "fastexcel", "a.xlsx"), ("delta", "deltalake", "table")]
)
def test_a_missing_extra_is_named(tmp_path, monkeypatch, extra, package, name):
    FRAME.write_excel(tmp_path / "a.xlsx")
    (tmp_path / "table" / "_delta_log").mkdir(parents=True)
    monkeypatch.setitem(sys.modules, package, None)  # how Python marks what cannot be imported
    assert f"pip install 'truthound[{extra}]'" in told(tmp_path / name)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_not_utf_8(tmp_path):
    path = os.fsencode(tmp_path) + b"/b\xe4d.csv"
    Path(os.fsdecode(path)).write_bytes(b"a\n1\n")
    with pytest.raises(SourceError, match=r"b\\udce4d\.csv: the path is not UTF-8"):
        open_source(os.fsdecode(path))
    with pytest.raises(SourceError, match="not UTF-8"):
        open_source(tmp_path / "*.csv")


def test_a_file_that_goes(tmp_path):
    FRAME.write_parquet(tmp_path / "a.parquet")
    source = open_source(tmp_path / "a.parquet")
    (tmp_path / "a.parquet").unlink()
    with pytest.raises((pl.exceptions.PolarsError, OSError)) as caught:
        source.frame.collect()
    assert str(source.explain(caught.value)) == "a.parquet no longer exists; it was deleted or moved while it was read"


def test_a_column_of_ndjson_does_not_hide_the_others(tmp_path, monkeypatch):
    path = tmp_path / "a.ndjson"
    path.write_text('{"a": 1, "b": 1}\n' * 200 + '{"a": 2, "b": }\n')
    whole = told(path)
    assert whole.startswith("a.ndjson:201:")
    assert told({"path": str(path), "options": {"columns": ["a"]}}) == whole
    monkeypatch.setattr("truthound.sources.base.PARSED_ONCE", 0)
    assert told(path) == whole


def test_integers_of_ndjson_that_a_float_rounds_make_their_column_unreadable(tmp_path):
    path = tmp_path / "t.ndjson"
    path.write_text('{"a": 9007199254740993, "b": 1e20}\n{"a": 1.5, "b": 100000000000000000000}\n{"a": 2, "b": 0.5}\n')
    result = check(path, [{"unique": {"columns": ["a", "b"]}}])
    assert [(o.status.value, o.failed) for o in result.outcomes] == [("error", None), ("failed", 2)]
    assert "int beyond 2^53" in result.outcomes[0].error
    helped = {"path": str(path), "options": {"schema_overrides": {"a": "string"}}}
    (outcome,) = check(helped, [{"unique": {"columns": "a"}}]).outcomes
    assert (outcome.status.value, outcome.failed) == ("passed", 0)


@pytest.mark.parametrize("fmt", OPTIONS)
def test_options_that_are_not_given_are_the_checked_defaults(fmt: str) -> None:
    unchecked, checked = parse_options(fmt, {}), OPTIONS[fmt].model_validate({})
    assert unchecked == checked
    assert unchecked.model_fields_set == checked.model_fields_set
