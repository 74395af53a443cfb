"""Hostile text, escaped for where it is shown."""

import pytest

from truthound._internal.escape import escape_markdown, escape_terminal


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("\x1b[31mred", "\\x1b[31mred"), ("a\nb\rc\td", "a\\nb\\rc\\td"), ("a\u202eb", "a\\u202eb"), ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\x9b31m", "\\u009b31m"), ("ordinary é 日本 👍", "ordinary é 日本 👍"), ("\u2028", "\\u2028"),
    ],
)  # fmt: skip
def test_terminal(hostile, harmless):
    assert escape_terminal(hostile) == harmless


def test_markdown():
    assert escape_markdown("a|b *c* [d](e) `f` <g>") == r"a\|b \*c\* \[d\]\(e\) \`f\` \<g\>"
    assert escape_markdown("x & y") == "x &amp; y"
    assert "\n" not in escape_markdown("a\n# b")
