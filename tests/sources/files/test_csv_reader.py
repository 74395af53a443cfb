"""CSV: what is read, and what is said when it cannot be."""

import gzip
import random
from datetime import time

import polars as pl
import pytest

from truthound.errors import ConfigError, SourceError
from truthound.sources import open_source


@pytest.fixture
def write(tmp_path):
    def write(name, data):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


def rows(spec, **options):
    return opened(spec, **options).frame.collect().rows()


def opened(spec, **options):
    return open_source({"path": spec, "options": options} if options else spec)


def fails(spec, **options):
    """The message of a collect that fails, as users see it."""
    try:
        source = opened(spec, **options)
    except SourceError as error:
        return str(error)
    with pytest.raises((pl.exceptions.PolarsError, OSError)) as caught:
        source.frame.collect(engine="streaming")
    told = source.explain(caught.value)
    assert isinstance(told, SourceError)
    return str(told)


def test_a_file(write):
    path = write("users.csv", "id,name,born\n1,ann,2001-02-03\n2,,2002-03-04\n")
    source = open_source(path)
    assert (source.kind, source.path) == ("csv", path)
    assert source.name == str(path)
    assert source.frame.collect_schema() == {"id": pl.Int64, "name": pl.String, "born": pl.Date}
    assert source.frame.collect().height == 2
    assert "frame" not in repr(source)


def test_relative_paths_start_from_base(write):
    path = write("users.csv", "a\n1\n")
    source = open_source("users.csv", base=path.parent)
    assert source.name == "users.csv"
    assert source.frame.collect().rows() == [(1,)]
    assert open_source(source) is source


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.tsv", "a\tb\n1\t2,5\n", [(1, "2,5")]),
        ("a.tab", "a\tb\n1\t2\n", [(1, 2)]),
        ("a.psv", "a|b\n1|2\n", [(1, 2)]),
        ("a.csv", "a;b\n1;2\n", [(1, 2)]),
        ("a.csv", "a|b\n1|2\n", [(1, 2)]),
        ("a.csv", "a\tb\n1\t2\n", [(1, 2)]),
        ("a.csv", "a;b\n", []),
        ("a.csv", '"x;y"\nz\n', [("z",)]),  # one column whose name holds the character
        ("a.csv", "only\n1;2\n", [("1;2",)]),
        ("a.csv", "\ufeffa,b\n1,é\n", [(1, "é")]),
        ("a.csv", "a,b\r\n1,2\r\n", [(1, 2)]),
        ("a.csv", "a,b\r1,2\r", [(1, 2)]),
        ("a.csv", "a,b\n1,2", [(1, 2)]),
        ("a.csv", "a,b\n", []),
        ("a.csv", 'a,b\n1,"x\ny"\n', [(1, "x\ny")]),
        ("a.csv", "zip,n\n01234,1\n02345,2\n", [("01234", 1), ("02345", 2)]),  # codes keep their zeros
        ("a.csv", "n,t\n0,00:10\n10,01:00\n", [(0, time(0, 10)), (10, time(1, 0))]),
        ("[odd]*?.csv", "a\n1\n", [(1,)]),
    ],
)
def test_dialects(write, name, text, expected):
    assert rows(write(name, text)) == expected


def test_compressed(write, tmp_path):
    frame = pl.DataFrame({"a": [1, 2], "b": ["x", "ü"]})
    text = frame.write_csv().encode()
    frame.write_csv(tmp_path / "b.csv.zst", compression="zstd")
    for path in (
        write("a.csv.gz", gzip.compress(text)),
        tmp_path / "b.csv.zst",
        write("lies.csv", gzip.compress(text)),
    ):
        assert rows(path) == [(1, "x"), (2, "ü")]


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("a#b\n1#2\n", {"separator": "#"}, [(1, 2)]),
        ("a\tb\n1\t2\n", {"separator": "\\t"}, [(1, 2)]),
        ("a,b\n1,NA\n-9,2\n", {"null_values": ["NA", -9]}, [(1, None), (None, 2)]),
        ("a,b\n1,NA\nNA,2\n", {"null_values": {"b": "NA"}}, [("1", None), ("NA", 2)]),
        ("a,b\n1,'x,y'\n", {"quote_char": "'"}, [(1, "x,y")]),
        ('a,b\n1,5" pipe\n', {"quote_char": None}, [(1, '5" pipe')]),
        ('a,b\n1,5" pipe\n', {"quote_char": ""}, [(1, '5" pipe')]),
        ("1,2\n3,4\n", {"has_header": False}, [(1, 2), (3, 4)]),
        ("junk\nmore, junk\na,b\n1,2\n", {"skip_rows": 2}, [(1, 2)]),
        ("# c\na,b\n# d\n1,2\n", {"comment_prefix": "#"}, [(1, 2)]),
        ("a;b\n1,5;2\n", {"decimal_comma": True}, [(1.5, 2)]),
        ("a,b\n1,2,3\n4,5\n", {"truncate_ragged_lines": True}, [(1, 2), (4, 5)]),
        ("a\n1\nx\n", {"infer_schema_length": 1, "ignore_errors": True}, [(1,), (None,)]),
        ("a\n1\nx\n", {"infer_schema_length": None}, [("1",), ("x",)]),
        ("a\n1\n2\n", {"infer_schema_length": 0}, [("1",), ("2",)]),
        ("a\n2024-01-01\n", {"try_parse_dates": False}, [("2024-01-01",)]),
        ("a,b\n1,2\n", {"schema_overrides": {"a": "string", "b": "float64"}}, [("1", 2.0)]),
        ("a,b\n1,2\n", {"dtypes": {"a": "str"}}, [("1", 2)]),
        ("a,b\n1,2\n", {"columns": ["b"]}, [(2,)]),
        ("a,b\n1,é\n", {"encoding": "utf8-lossy"}, [(1, "é")]),
    ],
)
def test_options(write, text, options, expected):
    assert rows(write("a.csv", text), **options) == expected


@pytest.mark.parametrize(
    "encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "cp500", "UTF_8", "utf-8-sig"]
)
def test_encodings(write, encoding):
    path = write("a.csv", ("näme,ort\n" + "ä,ö\n" * 10).encode(encoding))
    frame = opened(path, encoding=encoding).frame
    assert frame.collect_schema().names() == ["näme", "ort"]
    assert frame.collect().rows() == [("ä", "ö")] * 10
    assert frame.collect().height == 10  # the decoded copy can be read again


def test_lossy(write):
    assert rows(write("a.csv", b"a,b\n1,\xe9\n"), encoding="utf8-lossy") == [(1, "\ufffd")]


def test_decimals_by_override(write):
    from decimal import Decimal

    path = write("a.csv", "p\n1.10\n2.25\n")
    assert rows(path, schema_overrides={"p": "decimal(10,2)"}) == [(Decimal("1.10"),), (Decimal("2.25"),)]


# --- errors --------------------------------------------------------------------------------------------------------


def many(line, count=12_041, start=1):
    return "".join(line.format(i) + "\n" for i in range(start, start + count))


def test_a_late_text_cell(write):
    path = write("users.csv", "id,age\n" + many("{0},30") + "12042,N/A\n" + many("{0},31", 5))
    assert fails(path) == (
        'users.csv:12043:7: "N/A" is not an int64 (column "age"); '
        'set options.null_values: ["N/A"] or options.schema_overrides: {age: string}'
    )


def test_it_is_found_in_gzip_and_zstandard_too(write, tmp_path):
    text = "id,age\n" + many("{0},30") + "12042,N/A\n"
    told = ':12043:7: "N/A" is not an int64 (column "age")'
    assert told in fails(write("a.csv.gz", gzip.compress(text.encode())))
    pl.DataFrame({"t": [1]}).write_csv(tmp_path / "z.csv.zst", compression="zstd")
    frame = pl.DataFrame({"id": [str(i) for i in range(12_001)], "age": ["30"] * 12_000 + ["N/A"]})
    frame.write_csv(tmp_path / "z.csv.zst", compression="zstd")
    assert fails(tmp_path / "z.csv.zst").startswith('z.csv.zst:12002:7: "N/A" is not an int64')


def test_lines_within_quotes_count(write):
    path = write("a.csv", 'id,note,age\n1,"two\nlines, ""quoted""",3\n' + many("{0},x,30", 11_000) + '7,"a\nb",old\n')
    # the cell is on the last line, after `b",`
    assert fails(path).startswith(
        'a.csv:11005:4: "old" is not an int64 (column "age"); set options.schema_overrides: {age: string}'
    )


def test_skipped_and_comment_lines_count(write):
    path = write("a.csv", "junk\nid;age\n# no\n" + many("{0};30", 10_001) + "# no\n5;old\n")
    assert fails(path, skip_rows=1, comment_prefix="#").startswith('a.csv:10006:3: "old" is not an int64')


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        ("1", "1.5", '"1.5" is not an int64 (column "v"); set options.schema_overrides: {v: float64}'),
        ("1", "99999999999999999999", "options.schema_overrides: {v: int128}"),
        ("1", "-", 'options.null_values: ["-"] or'),
        ("1", "6 ", "remove the spaces around it, or set options.schema_overrides: {v: string}"),
        ("1", "three", "set options.schema_overrides: {v: string}"),
        ("1.5", "N/A", '"N/A" is not a float64'),
        ("true", "yes", '"yes" is not a boolean (column "v"); set options.schema_overrides: {v: string}'),
        ("2024-01-01", "31/12/2024", '"31/12/2024" is not a date (column "v")'),
        ("2024-01-01T10:00:00", "soon", '"soon" is not a datetime (column "v")'),
        ("1", "\u202e\x1b[31m", r"\u202e\x1b[31m"),
    ],
)
def test_cells_of_another_type(write, good, bad, told):
    message = fails(write("a.csv", "id,v\n" + many("{0}," + good, 10_001) + f"1,{bad}\n"))
    assert message.startswith("a.csv:10003:3: ")
    assert told in message


def test_a_decimal_comma(write):
    path = write("a.csv", "id;v\n" + many("{0};1", 10_001) + "1;1,5\n")
    assert "set options.decimal_comma: true or" in fails(path)
    assert rows(path, decimal_comma=True, schema_overrides={"v": "float64"})[-1] == (1, 1.5)


def test_what_is_advised_helps(write):
    path = write("users.csv", "id,age\n" + many("{0},30") + "12042,N/A\n")
    assert rows(path, null_values=["N/A"])[-1] == (12042, None)
    assert rows(path, schema_overrides={"age": "string"})[-1] == (12042, "N/A")


def test_odd_column_names_are_quoted(write):
    message = fails(write("a.csv", '"no: 1",b\n' + many("{0},1", 10_001) + "x,1\n"))
    assert 'options.schema_overrides: {"no: 1": string}' in message


def test_ragged_lines(write):
    told = fails(write("a.csv", "a,b\n1,2\n3,4,5\n"))
    assert told.startswith('a.csv:3:5: 3 fields where the header has 2; "5" is one too many; ')
    assert "options.truncate_ragged_lines: true" in told
    late = fails(write("b.csv", "a,b\n" + many("{0},2", 20_000) + "3,4,5,6\n"))
    assert late.startswith('b.csv:20002:5: 4 fields where the header has 2; "5"')


def test_invalid_utf8(write):
    told = fails(write("a.csv", b"a,b\n" + b"1,x\n" * 20_000 + "2,é\n".encode("latin-1")))
    assert told.startswith("a.csv:20002:3: byte 0xE9 is not UTF-8; set options.encoding: ")
    assert "the header is not UTF-8; set options.encoding: latin-1" in fails(
        write("b.csv", "é,b\n1,2\n".encode("latin-1"))
    )


def test_bytes_that_the_encoding_does_not_have(write):
    path = write("a.csv", b"a,b\n" + b"1,x\n" * 300_000 + b"2,\x81\n")
    assert fails(path, encoding="cp1252").startswith("a.csv:300002:3: byte 0x81 is not cp1252; ")


def test_an_open_quote(write):
    told = fails(write("a.csv", 'a,b\n1,2\n3,"x\n4,5\n'))
    assert told.startswith("a.csv:3:3: a quote is opened and not closed")
    assert "options.quote_char: null" in told


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "a.csv is empty (0 bytes)"),
        (b"\n\n", "a.csv is empty: it holds only blank lines"),
        (b"a,b,a\n1,2,3\n", 'the column "a" twice (columns 1 and 3)'),
        (bytes(range(256)) * 40, "a.csv is not text: it holds NUL bytes"),
        (b"PAR1xxxx", "a.csv is not text but Parquet; give format: parquet"),
        (b"PK\x03\x04xxxx", "a zip archive or an Excel sheet"),
        ("a,b\n1,2\n".encode("utf-16"), "a.csv is UTF-16; set options.encoding: utf-16"),
    ],
)
def test_not_a_table(write, data, told):
    assert told in fails(write("a.csv", data))


@pytest.mark.parametrize("keep", [-400, -1, 20])
def test_truncated_gzip(write, keep):
    random.seed(1)
    data = gzip.compress("".join(f"{random.random()},{random.random()}\n" for _ in range(50_000)).encode())
    told = fails(write("a.csv.gz", data[:keep]), has_header=False)
    assert told.startswith("a.csv.gz")
    assert "damaged" in told


def test_a_file_that_goes_was_read(write):
    path = write("a.csv", "a\n1\n")
    source = open_source(path)
    path.unlink()
    assert source.frame.collect().rows() == [(1,)]


def test_several_files(write, tmp_path):
    (tmp_path / "d").mkdir()
    write("d/b.csv", "a,b\n" + many("{0},2", 10) + "x,2\n")
    write("d/a.csv", "a,b\n" + many("{0},2", 10_001))
    write("d/_SUCCESS", "")
    source = open_source(str(tmp_path / "d"))
    assert source.path is None
    assert source.frame.collect_schema()["a"] == pl.String  # types come from every file
    told = fails(str(tmp_path / "d" / "*.csv"), schema_overrides={"a": "int64"})
    assert told.startswith('b.csv:12:1: "x" is not an int64 (column "a")')
    write("d/c.csv", "a;b\n1;2\n")
    assert "c.csv by ';'; set options.separator" in fails(tmp_path / "d")


def test_options_are_checked_together(write):
    with pytest.raises(ConfigError) as caught:
        opened(
            write("a.csv", "a\n1\n"), seperator=";", encoding="utf9", skip_rows=-1, schema_overrides={"a": "integr"}, quote_char="''",
        )  # fmt: skip
    told = "\n".join(caught.value.problems)
    assert 'options.seperator: unknown key; did you mean "separator"?' in told
    assert 'options.encoding: "utf9" is not an encoding' in told
    assert "options.skip_rows: " in told
    assert 'options.schema_overrides.a: "integr" is not a known type; did you mean "integer"?' in told
    assert "options.quote_char: \"''\" must be one ASCII character" in told
    assert len(caught.value.problems) == 5


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"schema_overrides": {"agee": "string"}},
            'options.schema_overrides: no column is called "agee"; did you mean "age"?',
        ),
        ({"null_values": {"agee": "x"}}, 'options.null_values: no column is called "agee"'),
        ({"columns": ["agee"]}, 'options.columns: no column is called "agee"; did you mean "age"?'),
        ({"columns": []}, "options.columns"),
        (
            {"hive_partitioning": True},
            "options.hive_partitioning: csv does not take it; it is an option of parquet, ipc",
        ),
        ({"decimal_comma": True, "separator": ","}, 'set separator: ";"'),
        ({"separator": '"'}, "separator and quote_char must differ"),
        ({"dtypes": {"age": "int8"}, "schema_overrides": {}}, "are the same option"),
        ({"encoding": "base64"}, "does not decode to text"),
    ],
)
def test_options_that_do_not_fit(write, options, told):
    path = write("a.csv", "age\n1\n")
    with pytest.raises(ConfigError) as caught:
        opened(path, **options)
    assert told in str(caught.value)


def test_memory_stays_small(write, tmp_path):
    """A decoded copy lives on disk, and looking for a bad cell keeps one row at a time."""
    import tracemalloc

    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n")
        for _ in range(20):
            file.write((b"1," + b"x" * 500 + b"\n") * 2_000)
        file.write(b"x,y\n")
    tracemalloc.start()
    told = fails(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert told.startswith('big.csv:40002:1: "x" is not an int64 (column "a")')
    assert peak < 16_000_000 < path.stat().st_size


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("id,amount\n3,5\n", "it lacks name"), ("id,name,amount,more\n3,x,5,1\n", "it also has more"), ("id,amount,name\n3,5,x\n", "it has them in another order"),
        ("id,nom,amount\n3,x,5\n", "it lacks name and also has nom"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("at", [1, 14])
def test_files_with_other_headers(tmp_path, other, said, at):
    for i in range(16):
        (tmp_path / f"{i:02d}.csv").write_text(other if i == at else "id,name,amount\n1,a,2\n")
    glob = str(tmp_path / "*.csv")
    if at < 10 or "order" not in said:  # by their names, where the engine does so by itself
        told = f"{at:02d}.csv:1: the header differs from that of 00.csv: {said}; set options.missing_columns: insert"
        assert told in fails(glob)
    found = opened(glob, missing_columns="insert").frame.collect()
    assert (found.height, found["amount"][at], found["name"].null_count()) == (16, 5, int("lacks" in said))
    assert found.width == 3 + ("also" in said)


def test_quotes_within_names(write):
    path = write("a.csv", '"""q""","a b","say ""hi""\nto",d\n1,2,3,4\n,5,6,x7\n')
    frame = open_source(path).frame
    assert frame.collect_schema().names() == ['"q"', "a b", 'say "hi"\nto', "d"]
    assert frame.select(pl.col('"q"').null_count()).collect().item() == 1
    spec = {"path": str(path), "options": {"schema_overrides": {'"q"': "string"}}}
    assert open_source(spec).frame.collect_schema()['"q"'] == pl.String
    assert '(column ""q""); set options.schema_overrides: {"\\"q\\"": string}' in fails(
        write("b.csv", '"""q""",b\n' + many("{0},1", 10_001) + "x,1\n")
    )


@pytest.mark.parametrize(
    ("header", "name", "options"),
    [
        ("'''q'''", "'q'", {"quote_char": "'"}), ('"a """"b"', 'a ""b', {}), ('a""b', 'a""b', {}), ('"""q"""', '"""q"""', {"quote_char": None}),
        ('\ufeff"""a\n"', '"a\n', {}), ('"""é"""', '"é"', {"encoding": "utf-16"}),
    ],
)  # fmt: skip
def test_quotes_within_names_whatever_the_quote(write, header, name, options):
    data = f"{header},b\n1,2\n,3\n".encode(options.get("encoding", "utf-8"))
    for path in (write("a.csv", data), write("a.csv.gz", gzip.compress(data))):
        source = opened(path, null_values={name: "1"}, **options)
        assert source.frame.collect_schema().names() == [name, "b"]
        assert source.frame.collect()[name].null_count() == 2


def test_headers_with_quotes_are_compared_too(write):
    write("a.csv", '"""x""",b\n1,2\n')
    for other, said in (("x,b", 'it lacks "x" and also has x'), ('b,"""x"""', "it has them in another order")):
        glob = write("b.csv", f"{other}\n3,4\n").with_name("*.csv")
        assert f"b.csv:1: the header differs from that of a.csv: {said}" in fails(glob)
    inserted = opened(glob, missing_columns="insert").frame.collect()
    assert inserted.columns == ['"x"', "b"]
    assert sorted(inserted.rows()) == [(1, 2), (4, 3)]


@pytest.mark.parametrize(
    ("data", "place", "options"),
    [
        ('a,"b\n1,2\n3,4\n', "1:3", {}), ('a"b,c\n1,2\n', "1:2", {}), ('# x\n"a\nb","c\n1,2\n', "2:1", {"comment_prefix": "#"}),
        ('"t\nu",v\na,b\n1,2\n', "2:2", {"skip_rows": 1}), ('a,"b\n' + "1,2\n" * 50_000, "1:3", {}),
    ],
)  # fmt: skip
def test_an_open_quote_in_the_header(write, data, place, options):
    told = fails(write("a.csv", data), **options)
    assert told.startswith(f"a.csv:{place}: a quote is opened and not closed")


def test_a_header_beyond_the_first_look(write):
    names = [f"a column, number {i}" for i in range(6_000)]
    path = write("a.csv", ",".join(f'"{n}"' for n in names) + "\n" + ",".join("1" for _ in names) + "\n")
    assert open_source(path).frame.collect_schema().names() == names


def test_columns_without_a_name(write):
    assert "the header has two columns without a name (columns 1 and 3)" in fails(write("a.csv", ",a,\n1,2,3\n"))
