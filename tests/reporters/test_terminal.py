import re

import pytest
from rich.cells import cell_len

from truthound.reporters.terminal import Look, hanging, joined, line, unbroken, wrapped

ROWS = [
    [("name", "bold"), ("x" * 30, ""), ("several words in the last column " * 3, "")],
    [("東京都" * 5, "bold"), ("y", ""), ("short", "")],
]
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("width", range(24, 160, 4))
@pytest.mark.parametrize("colour", [False, True])
def test_a_table_fits_and_its_columns_are_aligned(width, colour):
    look = Look(width, colour)
    lines = COLOURS.sub("", look.render([look.table(ROWS, indent=1)])).splitlines()
    assert max(cell_len(row) for row in lines) <= width
    assert any(row.endswith("short") for row in lines)


def test_a_table_cuts_nothing_where_there_is_room():
    look = Look(200)
    first, second = look.render([look.table(ROWS)]).splitlines()
    assert first.index("several") == cell_len(second[: second.index("short")])
    assert look.render([look.table([])]) == ""


@pytest.mark.parametrize("width", [30, 40, 60])
def test_numbers_are_whole(width):
    look = Look(width)
    rows = [[("a_rather_long_name_of_a_column", ""), ("1,234,567 (12.34%)", ""), ("some text beside it", "")]]
    assert "1,234,567 (12.34%)" in " ".join(look.render([look.table(rows, whole=(1,))]).split())


def test_text_wraps_beside_its_label():
    look = Look(20)
    assert look.render([hanging([("note  ", "dim")], line(("some words in two lines", "")))]) == (
        "note  some words in\n      two lines\n"
    )
    facts = joined([[(unbroken("12 rows"), "")], [(unbroken("3 columns"), "")]], " - ")
    assert look.render([hanging([("ab  ", "")], facts)]) == "ab  12 rows -\n    3 columns\n"
    assert wrapped("one two three", 8) == ["one two", "three"]


@pytest.mark.parametrize("text", ["[red]x[/red]", ":smile: [link=https://x.org]y", "\\[bold]z"])
@pytest.mark.parametrize("colour", [False, True])
def test_markup_in_data_is_text(text, colour):
    look = Look(160, colour)
    parts = [line((text, "bold")), look.table([[(text, "dim"), (text, "")]]), look.title(text, [text])]
    shown = COLOURS.sub("", look.render([*parts, hanging([("a ", "")], line((text, "")))]))
    assert shown.count(text) == 6
    assert "link=" not in shown.replace(text, "")


def test_a_name_keeps_both_its_ends():
    assert Look(colour=True).fit_name("customer_address_street", 11) == "custo…treet"
    assert Look().fit_name("customer_address_street", 11) == "cust...reet"
    assert cell_len(Look().fit_name("東京都" * 9, 12)) <= 12
