import pytest
from rich.cells import cell_len

from truthound.cli.tables import table
from truthound.reporters.terminal import Look

ROWS = [
    [("name", "bold"), ("x" * 30, ""), ("several words in the last column " * 3, "")],
    [("東京都" * 5, "bold"), ("y", ""), ("short", "")],
]


@pytest.mark.parametrize("width", range(24, 160, 4))
def test_columns_are_aligned_and_fit(width):
    look = Look(width)
    lines = [look.paint(line) for line in table(ROWS, look, indent=1)]
    assert max(cell_len(line) for line in lines) <= width
    assert lines[-1].endswith("short")


def test_nothing_is_cut_where_there_is_room():
    look = Look(200)
    first, second = (look.paint(line) for line in table(ROWS, look))
    assert first.index("several") == cell_len(second[: second.index("short")])
    assert table([], look) == []
