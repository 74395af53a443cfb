"""Templates of the user's own: what is escaped, and what is a mistake."""

import pytest

from truthound._internal import templates
from truthound._internal.escape import escape_slack
from truthound.checkpoint.actions.message_template import render_text
from truthound.errors import ConfigError


def loud(value):
    return f"<{value}>"


def test_numbers_are_escaped_like_text():
    values = {"a": 1.5, "b": -2, "c": True, "d": None}
    assert templates.render("{{ a }}{{ b }}{c}{d}", values, loud) == "<1.5><-2>True"
    assert templates.render('{"a": {{ a }}, "b": {{ b }} }', values, templates.within_json) == '{"a": 1.5, "b": -2 }'
    assert templates.render("{{ a | tojson }}", values, loud) == "1.5"


def test_what_has_several_lines_keeps_them():
    values = {"issues": [{"line": "a\tb"}, {"line": "<c>"}], "summary": "x\ny"}
    template = "{{ issues | map(attribute='line') | join('\n') }}\n{summary}"
    assert render_text(template, values, escape_slack) == "a\\tb\n&lt;c&gt;\nx\ny"
    assert templates.render("{summary}", values, templates.within_json) == r"x\ny"


@pytest.mark.parametrize(
    "template", ["{" * 5000, "{{" * 5000, "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "{% if 1 %}" * 3000]
)
def test_what_is_nested_too_deeply_is_a_mistake(template):
    for asked in (templates.check, lambda t: templates.render(t, {}), lambda t: templates.render(t, {}, loud)):
        with pytest.raises(ConfigError, match="the template"):
            asked(template)


def test_a_variable_of_the_environment_is_no_place():
    assert templates.check("${REPORTS}/${SUMMARY}/{run_id}") == "${REPORTS}/${SUMMARY}/{run_id}"
    with pytest.raises(ConfigError, match='no "sumary"; did you mean "summary"'):
        templates.check("{sumary}")
