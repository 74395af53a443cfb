"""Rows are found on the line that they begin on, whatever stands around them."""

import codecs
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from truthound import check
from truthound.results import CheckStatus
from truthound.sources import open_source
from truthound.sources.files import row_lines

CSV = {
    "plain": ("id,x\n1,a\n2,b\n", {}, {1: 2, 2: 3}),
    "blank lines": ("\n\nid,x\n1,a\n\n2,b\n", {}, {1: 4, 2: 6}),
    "line ends": ("id,x\r\n1,a\r\n\r\n2,b", {}, {1: 2, 2: 4}),
    "blank rows": ("id,x\n1,a\n\n2,b\n", {"skip_blank_lines": False}, {1: 2, 2: 3, 3: 4}),
    "spaces": ("id,x\n1,a\n \t\n2,b\n", {}, {1: 2, 2: 4}),
    "one column": ("x\na\n \n\nb\n", {}, {1: 2, 2: 3, 3: 5}),
    "old line ends": ("id,x\r1,a\r2,b\r", {}, {1: 2, 2: 3}),
    "quoted": ('"id\nno",x\n1,"a\n\n""b"\n2,"c\n"\n3,d\n', {}, {1: 3, 2: 6, 3: 8}),
    "other quotes": ("id,x\n1,'a\nb'\n2,\"\n3,c\n", {"quote_char": "'"}, {1: 2, 2: 4, 3: 5}),
    "no quotes": ('id,x\n1,"a\n2,b\n', {"quote_char": None}, {1: 2, 2: 3}),
    "comments": ('#1\nid,x\n#2 "\n1,"a\n# b"\n#3\n2,c\n#', {"comment_prefix": "#"}, {1: 4, 2: 7}),
    "skipped": ('"\n\n#\nid,x\n1,a\n', {"skip_rows": 3}, {1: 5}),
    "no header": ("1,a\n2,b\n", {"has_header": False}, {1: 1, 2: 2}),
    "no header, blank": ("\n1,a\n", {"has_header": False}, {1: 2}),
    "ragged": ("id,x\n1,a,b\n2\n3,c\n", {"truncate_ragged_lines": True}, {1: 2, 2: 3, 3: 4}),
    "tabs": ('id\tx\n1\t"a\n"\n2\tb\n', {}, {1: 2, 2: 4}),
}


@pytest.mark.parametrize("case", CSV.values(), ids=list(CSV))
def test_rows_of_columns(tmp_path, case):
    text, options, wanted = case
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode())
    source = open_source({"path": str(path), "options": options} if options else path)
    assert source.lines(list(wanted)) == wanted


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "latin-1", "shift_jis"])
def test_rows_in_encodings(tmp_path, encoding):
    path = tmp_path / "x.csv"
    path.write_bytes('id,x\n1,"a\nb"\n2,c\n'.encode(encoding))
    options = {} if encoding == "utf-8-sig" else {"encoding": encoding}
    assert open_source({"path": str(path), "options": options}).lines([2]) == {2: 4}


def test_rows_of_objects(tmp_path):
    path = tmp_path / "x.ndjson"
    path.write_bytes(codecs.BOM_UTF8 + b'\n{"id": 1}\r\n\r\n  \n{"id": 2}\n{"id": 3}')
    assert open_source(path).lines([1, 2, 3, 4]) == {1: 2, 2: 5, 3: 6}
    options = {"ignore_errors": True}
    assert open_source({"path": str(path), "options": options}).lines([1]) == {}


@given(st.lists(st.sampled_from(["{}", "", " ", "\r", "\t\r", "\f"]), max_size=40), st.integers(1, 40))
def test_rows_of_objects_among_blank_lines(tmp_path_factory, lines, block):
    path = tmp_path_factory.mktemp("rows") / "x.ndjson"
    path.write_bytes("\n".join(['{"a": 1}', *lines]).encode())
    wanted = [1, *(n for n, line in enumerate(lines, 2) if line == "{}")]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(row_lines, "BLOCK", block)
        for row, line in enumerate(wanted, 1):
            assert row_lines.ndjson_lines(path)([row]) == {row: line}


FIELDS = st.text(st.sampled_from('ab"\n\r#, '), max_size=4)


@given(
    st.lists(FIELDS, max_size=40) | st.lists(st.one_of(FIELDS, st.none()), min_size=1, max_size=30),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 40),
)
def test_rows_as_the_engine_counts_them(tmp_path_factory, fields, end, block):
    """Every record has a number of its own; None stands for a comment."""
    lines, begun, at = ["id,x"], {}, 2
    for i, field in enumerate(fields):
        if field is None:
            lines.append("# no row, 'nor \" quoted")
        else:
            begun[i] = at
            lines.append(f'{i},"{field.replace(chr(34), chr(34) * 2)}"')
        at += (lines[-1] + end).count("\n")
    path = tmp_path_factory.mktemp("rows") / "x.csv"
    path.write_bytes(end.join([*lines, ""]).encode())
    options = {"comment_prefix": "#"} if None in fields else {}
    source = open_source({"path": str(path), "options": options})
    numbered = source.frame.with_row_index("row", 1).filter(pl.col("id").is_not_null()).collect()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(row_lines, "BLOCK", block)
        found = source.lines(numbered["row"].to_list())
        assert all(source.lines([row]) == {row: found[row]} for row in numbered["row"].to_list()[::3])
    assert {n: found[r] for r, n in zip(numbered["row"], numbered["id"], strict=True)} == begun


def test_a_file_is_read_no_further_than_needed(tmp_path, monkeypatch):
    monkeypatch.setattr(row_lines, "BLOCK", 64)
    monkeypatch.setattr(row_lines, "MAX_BYTES", 640)
    path = tmp_path / "x.csv"
    path.write_text("id\n" + "".join(f"{i:07}\n" for i in range(200)))
    source = open_source(path)
    assert source.lines([1, 70, 150]) == {1: 2, 70: 71}


def test_what_cannot_be_told_is_not_told(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("id\n1\n2\n")
    assert open_source({"path": str(path), "where": "id > 1"}).lines([1]) == {}
    (tmp_path / "y.csv").write_text("id\n1\n")
    assert open_source(f"{tmp_path}/*.csv").lines([1]) == {}
    assert open_source({"id": [1]}).lines([1]) == {}
    source = open_source(path)
    path.unlink()
    assert source.lines([1]) == {}


def test_packed_files_have_no_lines(tmp_path):
    import gzip

    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(b"id\n1\n"))
    assert open_source(path).lines([1]) == {}


def test_a_result_names_the_file_and_the_lines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    Path("data/users.csv").write_text('id,email\n1,"a\nb"\n2,\n3,c\n4,\n')
    for path, file in ((tmp_path / "data/users.csv", "data/users.csv"), ("./data/users.csv", "data/users.csv")):
        result = check(path, ["null"], sample_size=4)
        (failed,) = [o for o in result.outcomes if o.status is not CheckStatus.PASSED]
        assert result.file == file
        assert [(e.row, e.line) for e in failed.examples] == [(2, 4), (4, 6)]
        assert type(result).from_dict(result.to_dict()) == result
    assert check({"a": [None]}, ["null"]).file is None
    queried = check("data/users.csv", [{"sql": {"query": "SELECT * FROM data WHERE id = 2"}}]).outcomes[0]
    assert [(e.row, e.line) for e in queried.examples] == [(None, None)]
    sampled = check("data/users.csv", ["null"], sample_size=1, seed=1).outcomes
    assert all(e.line in (4, 6) for o in sampled for e in o.examples)
