"""Quotes that can mean two things are refused where they stand; the others are read as Python's reader has them."""

import csv
import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truthound.errors import SourceError
from truthound.sources import open_source
from truthound.sources.files import csv_quotes

OPEN, BEHIND = "a quote is opened and not closed", "text stands behind a closing quote"


def read(path, **options):
    return open_source({"path": str(path), "options": {"infer_schema_length": 0, **options}}).frame.collect().rows()


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        ('a,b\n1,"x"y\n', {}, f"2:6: {BEHIND}"), ('a,b\n1,"5"" pipe,2\n2,x\n3,z" w\n', {}, f"4:5: {BEHIND}"), ('a,b\n1,"x\ny"z\n', {}, f"3:3: {BEHIND}"),
        ('a,b\n"é"z,1\n', {}, f"2:4: {BEHIND}"), ('a,b\n1,""x\n', {}, f"2:5: {BEHIND}"), ("a,b\n1,'x'y\n", {"quote_char": "'"}, f"2:6: {BEHIND}"), ('a;b\n1;"x",2\n', {}, f"2:6: {BEHIND}"),
        ('a,b\n1,5" pipe\n2,x\n', {}, f"2:4: {OPEN}"), ('a,b\n1,55"\n2,66"\n', {}, f"2:5: {OPEN}"), ('a,b\n1,2\n3,"""', {}, f"3:3: {OPEN}"), ('a,b\n1,"x\n2,3\n4,5\n', {}, f"2:3: {OPEN}"),
        ('a,b\r1,2\r3,"x\r', {}, f"3:3: {OPEN}"), ('"no\na,b\n# "\n1,2\n3,5" x\n', {"skip_rows": 1, "comment_prefix": "#"}, f"5:4: {OPEN}"), ('\ufeff"a",b\n1,"x"y\n', {}, f"2:6: {BEHIND}"),
        ('"a"b,c\n1,2\n', {}, f"1:4: {BEHIND}"), ('a,b\n1,"x","y,5" z\n', {}, f"2:12: {BEHIND}"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path, text, options, told):
    for name, data in (("a.csv", text.encode()), ("a.csv.gz", gzip.compress(text.encode()))):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(SourceError) as caught:
            read(tmp_path / name, **options)
        assert str(caught.value).startswith(f"{name}:{told}")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('a,b\n1,5" x 6"\n2,O""Neil\n', [("1", '5" x 6"'), ("2", 'O""Neil')]), ('a,b\n1, "y"\n', [("1", ' "y"')]), ('a,b\n1,"x ""y"" z"\n2,""\n', [("1", 'x "y" z'), ("2", "")]),
        ('a,b\n1,",\n"\n2,"""\n"""\n', [("1", ",\n"), ("2", '"\n"')]), ('a,b\n1,x "y" z\n"2","w"', [("1", 'x "y" z'), ("2", "w")]),
    ],
)  # fmt: skip
def test_what_is_read(tmp_path, text, rows):
    (tmp_path / "a.csv").write_text(text)
    assert read(tmp_path / "a.csv") == rows


@given(
    st.lists(st.lists(st.text(st.sampled_from('ab",\n '), max_size=6), min_size=2, max_size=2), min_size=1, max_size=8),
    st.integers(1, 12),
)
def test_whatever_is_written_well_passes(tmp_path_factory, rows, block):
    """Also where a block ends within a field."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([["a", "b"], *rows])
    path = tmp_path_factory.mktemp("quotes") / "a.csv"
    path.write_text(text.getvalue(), newline="")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(csv_quotes, "BLOCK", block)
        found = read(path, skip_blank_lines=False)
    assert [tuple(f or "" for f in row) for row in found] == [tuple(row) for row in rows]


@given(st.text(st.sampled_from('a1",\n'), max_size=24), st.integers(1, 9))
def test_rows_are_those_of_another_reader_or_none(tmp_path_factory, text, block):
    path = tmp_path_factory.mktemp("quotes") / "a.csv"
    text = f"a,b\n0,0\n{text}\n"
    path.write_text(text)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(csv_quotes, "BLOCK", block)
        try:
            found = read(path)
        except SourceError:
            return
    wanted = [row for row in csv.reader(io.StringIO(text, newline="")) if row][1:]
    assert [tuple(f or "" for f in row) for row in found] == [tuple([*row, ""][:2]) for row in wanted]
