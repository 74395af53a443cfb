"""Excel workbooks: sheets, titles above the header, and the types of cells."""

import datetime as dt

import polars as pl
import pytest
import xlsxwriter

import truthound as th
from truthound.errors import ConfigError, SourceError
from truthound.sources import open_source

FRAME = pl.DataFrame({"id": [1, 2], "name": ["ann", None]})
FORMATS = {dt.datetime: "yyyy-mm-dd hh:mm:ss", dt.date: "yyyy-mm-dd", dt.time: "hh:mm:ss", dt.timedelta: "[h]:mm:ss"}


def write(path, rows, first=0):
    """A sheet of these rows, from a row on; a cell that is text is text, whatever it says."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("s")
        for i, row in enumerate(rows, first):
            for j, cell in enumerate(row):
                if type(cell) in FORMATS:
                    sheet.write_datetime(i, j, cell, book.add_format({"num_format": FORMATS[type(cell)]}))
                elif isinstance(cell, str):
                    sheet.write_string(i, j, cell)
                elif cell is not None:
                    sheet.write(i, j, cell)
    return path


def told(spec):
    with pytest.raises((SourceError, ConfigError)) as caught:
        open_source(spec)
    return str(caught.value)


def test_excel_sheets(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for number, name in enumerate(["first", "second", "blank"]):
            sheet = book.add_worksheet(name)
            if name != "blank":
                FRAME.with_columns(n=pl.lit(number)).write_excel(book, sheet)

    def at(**options):
        return open_source({"path": path, "options": options}).frame.collect()

    assert at()["n"].to_list() == [0, 0]
    assert at(sheet="second")["n"].to_list() == at(sheet=2)["n"].to_list() == [1, 1]
    assert at(schema_overrides={"id": "string"})["id"].to_list() == ["1", "2"]
    assert 'no sheet "secnd"; it has first, second, blank' in told({"path": str(path), "options": {"sheet": "secnd"}})
    assert "has 3 sheets, no number 9" in told({"path": str(path), "options": {"sheet": 9}})
    assert "the sheet is empty" in told({"path": path, "options": {"sheet": "blank"}})


@pytest.mark.parametrize("first", [0, 2])
def test_titles_above_the_header(tmp_path, first):
    path = write(
        tmp_path / "a.xlsx", [["Report 2024"], [], ["id", "name"], ["1", "a"], [None, None], ["2", "b"]], first
    )

    def read(**options):
        return open_source({"path": path, "options": options}).frame.collect()

    rows = [("1", "a"), (None, None), ("2", "b")]
    for options in ({"skip_rows": first + 2}, {"header_row": first + 3}):
        assert (read(**options).columns, read(**options).rows()) == (["id", "name"], rows)
    assert read(has_header=False, skip_rows=first + 3).rows() == rows
    note = "a.xlsx: the first row names 1 of 2 columns; if titles stand above the header, set options.header_row"
    assert th.check(path, ["null"]).notes == (note,)
    assert open_source({"path": path, "options": {"skip_rows": first + 2}}).notes == ()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"header_row": 2}, 'row 2 of the sheet "s" is empty; set options.header_row'),
        ({"header_row": 9}, 'the sheet "s" has 4 rows; options.header_row and options.skip_rows lead beyond them'),
        ({"skip_rows": 9}, 'the sheet "s" has 4 rows'),
        ({"has_header": False, "skip_rows": 9}, 'the sheet "s" has 4 rows'),
        ({"header_row": 0}, "options.header_row"),
        ({"header_row": 3, "skip_rows": 2}, "header_row and skip_rows are alternatives; give one of them"),
        ({"header_row": 3, "has_header": False}, "header_row is for sheets with a header; use skip_rows"),
        ({"heder_row": 3}, 'did you mean "header_row"?'),
        ({"header_row": 3, "schema_overrides": {"ids": "string"}}, 'no column is called "ids"; did you mean "id"?'),
    ],
)
def test_titles_that_are_not_there(tmp_path, options, words):
    path = write(tmp_path / "a.xlsx", [["Report"], [], ["id", "name"], [1, "a"]])
    assert words in told({"path": path, "options": options})


DAY, MOMENT = dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, 5)
CELLS = {
    "zip": (["02139", "501"], ["02139", "501"]), "id": (["12345678901234567890", "1"], ["12345678901234567890", "1"]),
    "exponent": (["1E5", "5"], ["1E5", "5"]), "mixed": ([1, "A1"], ["1", "A1"]), "late": ([2.5, "x"], ["2.5", "x"]), "whole": ([1, 2], [1, 2]),
    "part": ([1, 2.5], [1.0, 2.5]), "day": ([DAY, DAY], [DAY, DAY]), "moment": ([DAY, MOMENT], [dt.datetime(2024, 1, 1), MOMENT]),
    "soon": ([DAY, "soon"], ["2024-01-01 00:00:00", "soon"]), "time": ([dt.time(10), dt.time(0)], [dt.time(10), dt.time(0)]),
    "hours": ([dt.timedelta(hours=30), None], [dt.timedelta(hours=30), None]), "truth": ([True, None], [True, None]), "truths": ([True, 1], ["true", "1"]),
    "far": ([1e300, 1e19], [1e300, 1e19]), "none": ([None, None], [None, None]),
}  # fmt: skip


def test_cells_stay_what_they_are(tmp_path):
    given = [list(CELLS), *(list(row) for row in zip(*(cells for cells, _ in CELLS.values()), strict=True))]
    path = write(tmp_path / "a.xlsx", given)
    read = open_source(path).frame.collect()
    assert {c: read[c].to_list() for c in CELLS} == {c: right for c, (_, right) in CELLS.items()}
    overrides = {
        "whole": "string",
        "zip": "int64",
        "day": "datetime",
        "mixed": "int64",
        "part": "int64",
        "moment": "date",
    }
    source = open_source({"path": path, "options": {"schema_overrides": overrides}})
    assert source.frame.collect().select("whole", "zip", "day").row(0) == ("1", 2139, dt.datetime(2024, 1, 1))
    assert {c: r for c, r in source.unreadable.items() if "it holds values that are not" in r}.keys() == {
        "mixed",
        "part",
        "moment",
    }


def test_several_workbooks(tmp_path):
    write(tmp_path / "a.xlsx", [["id", "x"], [1, 1]])
    write(tmp_path / "b.xlsx", [["x", "id"], [1.5, 2]])
    assert open_source(tmp_path / "*.xlsx").frame.collect().rows() == [(1, 1.0), (2, 1.5)]
    write(tmp_path / "b.xlsx", [["id"], [2]])
    assert 'b.xlsx lacks the column "x" that a.xlsx has; set options.missing_columns: insert' in told(
        tmp_path / "*.xlsx"
    )
    spec = {"path": tmp_path / "*.xlsx", "options": {"missing_columns": "insert"}}
    assert open_source(spec).frame.collect().rows() == [(1, 1), (2, None)]


def test_a_sheet_with_a_header_and_no_rows(tmp_path):
    assert open_source(write(tmp_path / "a.xlsx", [["id", "x"]])).frame.collect().columns == ["id", "x"]


def test_cells_that_hold_an_error_are_told(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet("s")
        for row, cells in enumerate([["x", "t"], [1, "a"]]):
            sheet.write_row(row, 0, cells)
        sheet.write_formula(2, 0, "=1/0", None, "#DIV/0!")
        sheet.write_formula(2, 1, "=NA()", None, "#N/A")
    source = open_source(tmp_path / "a.xlsx")
    assert source.frame.collect().rows() == [(1, "a"), (None, None)]
    assert source.notes == tuple(
        f'a.xlsx: column "{c}" has 1 cell with an error such as #N/A, read as null' for c in "xt"
    )
