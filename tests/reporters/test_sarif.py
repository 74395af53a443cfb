import importlib
import json
import re
from dataclasses import replace

import jsonschema
import pytest

from helpers.ci_results import ALL, IDS, MANY, PLACED, SCHEMAS, golden
from helpers.hostile import TEXTS, many_issues
from helpers.made_results import CLEAN, EMAIL, FAILING, HISTORY, UNREADABLE, outcome, run, validation
from truthound.reporters import sarif as module
from truthound.reporters.rule_descriptions import RULES
from truthound.reporters.sarif import sarif
from truthound.results import CheckStatus, Example, Severity
from truthound.validators.registry import TABLE

SCHEMA = jsonschema.Draft4Validator(
    json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8")),
    format_checker=jsonschema.FormatChecker(),
)


def results_of(text):
    return [r for one in json.loads(text)["runs"] for r in one["results"]]


@pytest.mark.parametrize(("name", "results"), [("placed.sarif", PLACED), ("several.sarif", [CLEAN, UNREADABLE])])
def test_golden(name, results):
    golden(name, re.sub(r'("(?:semanticVersion|version)": ")(?!2\.1\.0)[^"]*', r"\1VERSION", sarif(results)))


@pytest.mark.parametrize("results", [*ALL, ALL, []], ids=[*IDS, "all", "none"])
def test_the_schema_holds(results):
    log = json.loads(sarif(results))
    SCHEMA.validate(log)
    for one in log["runs"]:
        rules = one["tool"]["driver"]["rules"]
        assert len({r["id"] for r in rules}) == len(rules)
        assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in one["results"])
        assert len({r["partialFingerprints"]["truthoundCheck/v1"] for r in one["results"]}) == len(one["results"])
        assert len({r["partialFingerprints"]["primaryLocationLineHash"] for r in one["results"]}) == len(one["results"])
        assert all(r["locations"] for r in one["results"])


def test_levels():
    told = [
        (r["ruleId"], r["level"])
        for r in results_of(sarif([FAILING, run(replace(EMAIL, status=CheckStatus.WARNED, severity=Severity.LOW))]))
    ]
    assert told == [("range", "error"), ("null", "error"), ("unique", "error"), ("range", "warning"), ("null", "note")]
    (one,) = json.loads(sarif(FAILING))["runs"]
    assert [r["defaultConfiguration"]["level"] for r in one["tool"]["driver"]["rules"]] == ["error"] * 3


def test_an_issue_is_shown_at_the_data_then_at_its_declaration():
    by_rule = {r["ruleId"]: r for r in results_of(sarif(PLACED, "/repo"))}
    first = by_rule["null"]["locations"][0]["physicalLocation"]
    assert first["artifactLocation"] == {"uri": "data/my%20users.csv", "uriBaseId": "%SRCROOT%"}
    assert first["region"] == {"startLine": 36}
    (other,) = by_rule["null"]["relatedLocations"]
    assert other["physicalLocation"]["artifactLocation"]["uri"] == "conf/truthound.yaml"
    assert "relatedLocations" not in by_rule["range"]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("a:b#c?%é.csv", "a%3Ab%23c%3F%25%C3%A9.csv"),
        ("/repo/x.csv", "x.csv"),
        ("/elsewhere/x.csv", "truthound.yaml"),
        ("../x.csv", "truthound.yaml"),
        ("\udcff.csv", "%3F.csv"),
    ],
)
def test_addresses_are_relative_and_encoded(file, uri):
    lined = replace(EMAIL, examples=(Example(1, {}, 2),))
    result = run(lined, validation_result=validation(lined, file=file))
    (found,) = results_of(sarif(result, "/repo"))
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_fingerprints_do_not_change_from_run_to_run():
    def prints(result):
        return {r["properties"]["check"]: r["partialFingerprints"] for r in results_of(sarif(result))}

    first, last = prints(HISTORY[0]), prints(HISTORY[-1])
    assert first == last
    assert first != prints(replace(HISTORY[0], checkpoint_name="others"))
    assert first["null:email"] == {
        "primaryLocationLineHash": "e72305faef115691:1",
        "truthoundCheck/v1": "e72305faef115691ac0064acdb16172e45f9f96f2c597327dcd0a6351c1a8c63",
    }


def test_the_rest_is_counted():
    (one,) = json.loads(sarif(many_issues(10_000)))["runs"]
    assert len(one["results"]) == module.SHOWN
    notes = [n["message"]["text"] for n in one["invocations"][0]["toolExecutionNotifications"]]
    assert notes == ["5,000 more issues are not in this file, which holds the worst 5,000"]
    assert {r["properties"]["severity"] for r in one["results"]} == {"critical", "high"}


def test_a_run_with_errors_was_not_successful():
    (unreadable, clean) = json.loads(sarif([UNREADABLE, CLEAN]))["runs"]
    (told,) = unreadable["invocations"]
    assert not told["executionSuccessful"]
    assert told["toolExecutionNotifications"][0]["message"]["text"].startswith("error: users.csv: no such file")
    assert unreadable["results"][0]["ruleId"] == "checkpoint"
    assert clean["invocations"][0]["executionSuccessful"]
    assert clean["results"] == []


def test_each_checkpoint_is_a_category_of_its_own():
    log = json.loads(sarif([FAILING, replace(FAILING, checkpoint_name="a/b #1")]))
    assert [r["automationDetails"]["id"] for r in log["runs"]] == [
        "truthound/users/20261127-013907", "truthound/a%2Fb %231/20261127-013907",
    ]  # fmt: skip


def test_hostile_text_is_no_link_and_hides_nothing():
    text = sarif(MANY)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202e]", text)
    for found in results_of(text):
        assert not re.search(r"(?<!\\)\]\(", found["message"]["text"])
    assert any("[t](http://evil.example)" in t for t in TEXTS)


def test_rules_have_the_words_of_their_validators():
    assert set(RULES) == set(TABLE)
    for name, (place, _) in TABLE.items():
        file, _, cls = place.partition(":")
        described = getattr(importlib.import_module(f"truthound.validators.{file}"), cls).__doc__
        assert described.startswith(RULES[name])
    custom = run(outcome("my_rule.x", "a", CheckStatus.FAILED, severity=Severity.LOW))
    (rule,) = json.loads(sarif(custom))["runs"][0]["tool"]["driver"]["rules"]
    assert (rule["id"], rule["name"]) == ("my_rule.x", "MyRuleXCheck")
