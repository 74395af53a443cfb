"""Values in a text with Telegram's markup."""

import pytest

from truthound.checkpoint.actions.telegram_markup import render


@pytest.mark.parametrize(
    ("mode", "template", "expected"),
    [
        ("Markdown", "{checkpoint_name}", r"a\_b\*c]\`"),
        ("Markdown", "*{checkpoint_name}*", r"*a_b*\**c]`*"),
        ("Markdown", "_{checkpoint_name}_", r"_a_\__b*c]`_"),
        ("Markdown", "`{checkpoint_name}`", r"`a_b*c]`\```"),
        ("Markdown", "```{checkpoint_name}```", "```a_b*c]`\u200b```"),
        ("Markdown", "[{checkpoint_name}](x)", "[a_b*c\uff3d`](x)"),
        ("Markdown", r"\*{checkpoint_name}", r"\*a\_b\*c]\`"),
        ("MarkdownV2", "*{checkpoint_name}*", r"*a\_b\*c\]\`*"),
        ("MarkdownV2", "`{checkpoint_name}`", r"`a_b*c]\``"),
        ("MarkdownV2", r"\`{checkpoint_name}", r"\`a\_b\*c\]\`"),
        ("HTML", "<b>{checkpoint_name}</b>", "<b>a_b*c]`</b>"),
    ],
)
def test_values_are_escaped_for_where_they_stand(mode, template, expected):
    value = "a_b*c]`"
    said, seen = render(template, {"checkpoint_name": value, "summary": ""}, mode)
    assert said == expected
    assert value in seen


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        ("Markdown", "https://e.example/a_b?x=1)", "[r](https://e.example/a_b?x=1%29)"),
        ("MarkdownV2", "https://e.example/a_b)", r"[r](https://e.example/a_b\))"),
        ("HTML", 'x"&<', "[r](x&quot;&amp;&lt;)"),
    ],
)
def test_values_in_a_link(mode, value, expected):
    assert render("[r]({report_url})", {"report_url": value, "summary": ""}, mode)[0] == expected


def test_a_value_cannot_pose_as_a_placeholder():
    said, _ = render("{checkpoint_name} {source}", {"checkpoint_name": "\ue0001\ue001", "source": "secret", "summary": ""}, "HTML")  # fmt: skip
    assert said == "\ufffd1\ufffd secret"


def test_numbers_are_escaped_for_the_marks():
    values = {"pass_rate": 0.5, "failed": -3, "summary": ""}
    assert render("{{ pass_rate }} {failed}", values, "MarkdownV2")[0] == r"0\.5 \-3"
