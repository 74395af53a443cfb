"""One file says the same however it is read: whole or by columns, kept in memory or on disk, packed, by a glob."""

import csv
import gzip
import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from truthound.errors import SourceError
from truthound.sources import base, open_source

FILES = {
    "a stray quote": 'id,size,amount\n1,5" pipe,10\n2,x,-5\n3,y,7\n4,z" w,3\n5,v,1\n',
    "an inch at the end": 'id,size,amount\n1,5",10\n2,6",-5\n3,y,7\n',
    "text behind a quote": 'id,size,amount\n1,"5"x,10\n2,y,-5\n',
    "too many fields": "id,size,amount\n1,a,2\n2,b,3,4\n3,c,5\n",
    "too few fields": "id,size,amount\n1,a\n2\n3,c,5\n",
    "a late code": "id,size,amount\n" + "12345,a,1\n" * 11_000 + "02139,b,2\n",
    "semicolons": "id;size;amount\n1;a;\n2;b;3\n",
    "twice the same name": "id,size,id\n1,a,2\n",
    "blank lines": "id,size,amount\n1,a,2\n\n2,b,3\n \t\n\n",
    "rows of nulls": "id,size,amount\n1,a,2\n,,\n2,b,3\n,,\n",
    "old line ends": "id,size,amount\r1,a,2\r2,b,3\r\r",
    "no quote is closed": 'id,size,amount\n1,"a,2\n2,b,3\n',
    "quoted lines": 'id,size,amount\n1,"a\n\nb",2\n2,"c,d",3\n',
    "another type": "id,size,amount\n" + "1,a,1\n" * 11_000 + "x,b,2\n",
}


def said(spec):
    """The rows and types of a source, or what is said instead."""
    try:
        frame = open_source(spec).frame.collect()
    except SourceError as error:
        return str(error)
    return frame.columns, frame.dtypes, frame.rows()


def one_column(whole, column):
    if isinstance(whole, str):
        return whole
    at = whole[0].index(column)
    return [column], [whole[1][at]], [(row[at],) for row in whole[2]]


@pytest.mark.parametrize("name", FILES)
def test_every_way_says_the_same(tmp_path, monkeypatch, name):
    path = tmp_path / "a.csv"
    path.write_bytes(FILES[name].encode())
    whole = said(path)
    assert isinstance(whole, str) == (name in {
        "a stray quote", "an inch at the end", "text behind a quote", "too many fields", "twice the same name", "no quote is closed", "another type",
    })  # fmt: skip
    for column in ("id", "amount"):
        assert said({"path": str(path), "options": {"columns": [column]}}) == one_column(whole, column)
    assert said(str(tmp_path / "*.csv")) == whole
    monkeypatch.setattr(base, "PARSED_ONCE", 0)
    assert said(path) == whole
    path.unlink()
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(FILES[name].encode()))
    packed = said(tmp_path / "a.csv.gz")
    assert (packed.replace("a.csv.gz", "a.csv") if isinstance(packed, str) else packed) == whole


def test_rows_are_counted_as_they_are_read(tmp_path):
    (tmp_path / "a.csv").write_text(FILES["quoted lines"])
    assert open_source(tmp_path / "a.csv").frame.select(pl.len()).collect().item() == 2


TEXTS = st.text(st.sampled_from("ab1\"\n,; \t'é"), max_size=6)


@given(
    st.lists(st.lists(TEXTS, min_size=3, max_size=3), min_size=1, max_size=12),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_what_is_written_is_read(tmp_path_factory, rows, separator, end, quoting):
    """As Python's writer has it, a text that would be a blank line among them, in every column and on disk too."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting)
    writer.writerows([["one", "two", "three"], *rows])
    path = tmp_path_factory.mktemp("ways") / "a.csv"
    path.write_bytes(text.getvalue().encode())
    options = {"infer_schema_length": 0}
    wanted = [tuple(field or None for field in row) for row in rows if any(f.strip() for f in row)]
    with pytest.MonkeyPatch.context() as patched:
        for limit in (base.PARSED_ONCE, 0):
            patched.setattr(base, "PARSED_ONCE", limit)
            for columns in (None, ["two"]):
                frame = open_source({"path": str(path), "options": options | {"columns": columns}}).frame.collect()
                found = [tuple(field or None for field in row) for row in frame.rows()]
                kept = [row for row in found if any((f or "").strip() for f in row)]
                assert kept == [row for row in wanted if columns is None] + [
                    (row[1],) for row in wanted if columns and (row[1] or "").strip()
                ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sep=|\na,b|c\n1|2\n", [(1, 2)]), ('"sep=;"\r\na;b\r\n1;"2,5"\r\n', [(1, "2,5")]), ("\ufeffsep=,\na;x,b\n1,2\n", [(1, 2)]), ("sep=a\nb\n", [("b",)]),
        ('office;duties\nMayor;"Mayor\nand, deputy"\n;x\n', [("Mayor", "Mayor\nand, deputy"), (None, "x")]),
        ('"of\nfice"\tduties\n"a;b\n\nc"\t1\nd\t2\n', [("a;b\n\nc", 1), ("d", 2)]),
        ('"a,b"|c\n"1,2"|"x\ny"\n', [("1,2", "x\ny")]),
        ('"Name, first";"Age, years"\n"Doe, J";5\n"Roe, R";6\n', [("Doe, J", 5), ("Roe, R", 6)]),
        ("name, first;age\nDoe;5\nRoe;6\n", [("Doe", 5), ("Roe", 6)]),
        ("a,b\n1;2,3\n4;5,6\n", [("1;2", 3), ("4;5", 6)]),
        ("\ufeffa;b\r\n\r\n1;2\r\n", [(1, 2)]),
    ],
)  # fmt: skip
def test_the_separator_is_found(tmp_path, text, expected):
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    assert open_source(path).frame.collect().rows() == expected


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("a,b\n1,2\n\n3,4\n\n", {}, [(1, 2), (3, 4)]),
        ("a,b\n1,2\n\n3,4\n\n", {"skip_blank_lines": False}, [(1, 2), (None, None), (3, 4), (None, None)]),
        ("a,b\n1,2\n \t \n3,4", {}, [(1, 2), (3, 4)]),
        ("a\tb\n1\t2\n\t\n \n3\t4\n", {}, [(1, 2), (None, None), (3, 4)]),
        ("a,b\r\n\r\n1,2\r\n\r\n", {}, [(1, 2)]),
        ("a\n1\n\n3\n", {}, [(1,), (3,)]),
        ('a\nx\n \n""\ny\n', {}, [("x",), (" ",), ("",), ("y",)]),
        ('a,b\n1,"x\n\ny"\n\n,\n', {}, [(1, "x\n\ny"), (None, None)]),
        ("\n\n1,2\n\n3,4\n", {"has_header": False}, [(1, 2), (3, 4)]),
        ('no\n\n"table\na,b\n\n#,"\n1,2\n', {"skip_rows": 3, "comment_prefix": "#"}, [(1, 2)]),
        ("a,b\n1,2\n\n3,NA\nNA,NA\n", {"null_values": "NA"}, [(1, 2), (3, None), (None, None)]),
        ("ä,b\n\n1,2\n", {"encoding": "utf-16"}, [(1, 2)]),
    ],
)  # fmt: skip
def test_blank_lines_are_not_rows(tmp_path, text, options, expected):
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(options.get("encoding", "utf-8")))
    assert open_source({"path": str(path), "options": options}).frame.collect().rows() == expected


@pytest.mark.parametrize("late", ["\n", "  \n", "\r\n", "\n\n,\n"])
def test_blank_lines_beyond_the_first_look(tmp_path, late):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + '77,"x\n\ny"\n' * 9_000 + late + "1,2\n" * 2_000)
    found = open_source(path).frame.collect()
    assert found.height == 11_000 + ("," in late)
    assert found["a"].null_count() == int("," in late)


def test_columns_without_the_rows(tmp_path):
    """What is asked of the columns alone reads no further than the first rows."""
    path = tmp_path / "a.csv"
    path.write_text("id,amount\n" + "1,2\n" * 11_000 + 'x,"y\n')
    assert open_source(path, whole=False).frame.collect_schema() == {"id": pl.Int64, "amount": pl.Int64}
    (tmp_path / "a.ndjson").write_text('{"a": 1}\n{bad\n')
    options = {"path": str(tmp_path / "a.ndjson"), "options": {"infer_schema_length": 1}}
    assert open_source(options, whole=False).frame.collect_schema() == {"a": pl.Int64}
    with pytest.raises(SourceError):
        open_source(path)


def test_a_column_of_late_codes_is_noted(tmp_path):
    (tmp_path / "a.csv").write_text(FILES["a late code"])
    assert open_source(tmp_path / "a.csv").notes == (
        'column "id" is read as text: later rows hold codes such as "02139"; set options.schema_overrides for it if they are numbers',
    )


def test_a_separator_at_the_end_of_each_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b,\n1,2,\n3,4,\n")
    source = open_source(path)
    assert (source.frame.collect().columns, len(source.notes)) == (["a", "b"], 1)
    path.write_text("a,b,\n1,2,\n3,4,x\n")
    assert open_source(path).frame.collect().rows() == [(1, 2, None), (3, 4, "x")]


def test_what_is_said_of_odd_files(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\r1,2\n3,4\r")
    assert said(path) == "a.csv: some lines end in CR and others in LF; write all of them in the same way"
    path.write_text("1,2\n" * 11_000 + "x,2\n")
    assert said({"path": str(path), "options": {"has_header": False}}).startswith('a.csv:11001:1: "x" is not an int64')
    path.write_text("sep=;\na;b\n1;2\n")
    (tmp_path / "b.csv").write_text("a;b\n1;2\n")
    assert "one begins with a line sep=" in said(str(tmp_path / "*.csv"))
