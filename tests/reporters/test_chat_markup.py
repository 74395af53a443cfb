"""Issues in the markup of a chat."""

from dataclasses import replace

from helpers.made_results import ACTIONS, FAILING
from truthound.reporters import message as messages
from truthound.reporters.chat_markup import SEVERITY_EMOJI, STATUS_EMOJI, Markup
from truthound.reporters.message import Finding
from truthound.results import CheckpointStatus

MARKUP = Markup(str.upper, bold="*{}*", italic="_{}_")


def test_an_issue_is_escaped_before_it_is_styled():
    finding = Finding("high", "age", "between 0 and 150", "3 (1.00%)", "NEW", ("row 1: age = -1",))
    assert MARKUP.issue(finding) == "🟠 *AGE*  BETWEEN 0 AND 150  *3 (1.00%)*  _NEW_\n      ROW 1: AGE = -1"


def test_what_is_omitted_and_what_was_not_delivered_is_listed():
    message = replace(messages.build(replace(FAILING, action_results=list(ACTIONS))), omitted=2, fixed=("age",))
    lines = list(MARKUP.issues(message))
    assert lines[len(message.findings) :][:2] == ["_… and 2 more_", "✅ fixed: AGE"]
    assert lines[-1].startswith("⚠️ not delivered: ")


def test_every_status_and_severity_has_an_emoji():
    assert set(STATUS_EMOJI) == set(CheckpointStatus)
    assert {finding.severity for finding in messages.build(FAILING).findings} <= set(SEVERITY_EMOJI)
