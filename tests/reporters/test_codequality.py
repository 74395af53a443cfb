import json
import re
from dataclasses import replace

import pytest

from helpers.ci_results import ALL, IDS, MANY, NOTHING, PLACED, golden
from helpers.hostile import many_issues
from helpers.made_results import CLEAN, EMAIL, FAILING, HISTORY, UNREADABLE, run, validation
from truthound.reporters.codequality import codequality
from truthound.results import CheckStatus, Example, Severity


@pytest.mark.parametrize(
    ("name", "results"), [("placed.codequality.json", PLACED), ("several.codequality.json", [UNREADABLE, NOTHING])]
)
def test_golden(name, results):
    golden(name, codequality(results))


@pytest.mark.parametrize("results", [*ALL, ALL, []], ids=[*IDS, "all", "none"])
def test_every_issue_has_what_gitlab_wants(results):
    found = json.loads(codequality(results))
    assert len({i["fingerprint"] for i in found}) == len(found)
    for issue in found:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["description"]
        assert issue["check_name"]
        assert re.fullmatch("[0-9a-f]{64}", issue["fingerprint"])
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        path, lines = issue["location"]["path"], issue["location"]["lines"]
        assert path
        assert not re.match(r"\.|/", path)
        assert lines["begin"] >= 1


def test_nothing_wrong_is_an_empty_list():
    assert json.loads(codequality(CLEAN)) == json.loads(codequality([])) == []


@pytest.mark.parametrize(
    ("status", "severity", "said"),
    [
        (CheckStatus.FAILED, Severity.CRITICAL, "blocker"),
        (CheckStatus.FAILED, Severity.LOW, "minor"),
        (CheckStatus.WARNED, Severity.CRITICAL, "critical"),
        (CheckStatus.WARNED, Severity.LOW, "info"),
        (CheckStatus.ERROR, Severity.MEDIUM, "major"),
        (CheckStatus.ERROR, None, "critical"),
    ],
)
def test_severities(status, severity, said):
    (issue,) = json.loads(codequality(run(replace(EMAIL, status=status, severity=severity, error="x"))))
    assert issue["severity"] == said


@pytest.mark.parametrize(
    ("line", "location", "file", "place"),
    [
        (36, "a.yaml:3", "./d/x.csv", ("d/x.csv", 36)),
        (None, "./a.yaml:3:4", "d/x.csv", ("a.yaml", 3)),
        (None, None, "/repo/d/x.csv", ("d/x.csv", 1)),
        (36, "/repo/a.yaml:3", "/tmp/x.csv", ("a.yaml", 3)),
        (36, "../a.yaml:3", None, ("truthound.yaml", 1)),
    ],
)
def test_an_issue_is_shown_where_it_is_seen_best(line, location, file, place):
    at = replace(EMAIL, location=location, examples=(Example(1, {}, line),))
    (issue,) = json.loads(codequality(run(at, validation_result=validation(at, file=file)), "/repo"))
    assert (issue["location"]["path"], issue["location"]["lines"]["begin"]) == place


def test_fingerprints_do_not_change_from_run_to_run():
    def prints(result):
        return {i["fingerprint"] for i in json.loads(codequality(result))}

    assert prints(HISTORY[0]) == prints(HISTORY[-1])
    assert prints(HISTORY[0]) < prints(FAILING)
    assert not prints(replace(FAILING, checkpoint_name="others")) & prints(FAILING)


def test_hostile_text_hides_nothing():
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202e]", codequality(MANY))


def test_ten_thousand_issues():
    text = codequality(many_issues(10_000))
    assert len(json.loads(text)) == 10_000
    assert len(text) < 20 * 1024 * 1024
