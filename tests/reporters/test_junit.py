import io
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from junitparser import JUnitXml

from helpers.ci_results import ALL, IDS, MANY, NOTHING, PLACED, SCHEMAS, golden
from helpers.hostile import many_issues
from helpers.made_results import CLEAN, EMAIL, FAILING, HOSTILE, UNREADABLE, run
from truthound.reporters.junit import junit

SCHEMA = xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")


@pytest.mark.parametrize(
    ("name", "results"),
    [("placed.junit.xml", PLACED), ("several.junit.xml", [CLEAN, UNREADABLE, NOTHING]), ("hostile.junit.xml", HOSTILE)],
)
def test_golden(name, results):
    golden(name, junit(results))


@pytest.mark.parametrize("results", [*ALL, ALL, []], ids=[*IDS, "all", "none"])
def test_the_schema_of_jenkins_holds(results):
    SCHEMA.validate(io.StringIO(junit(results)))


@pytest.mark.parametrize("result", ALL, ids=IDS)
def test_counts_agree_with_the_cases(result):
    (suite,) = JUnitXml.fromstring(junit([result]).encode())
    cases = list(suite)
    kinds = [type(r).__name__ for c in cases for r in c.result]
    assert suite.tests == len(cases) == len({c.name for c in cases})
    assert (suite.failures, suite.errors) == (kinds.count("Failure"), kinds.count("Error"))
    assert suite.skipped == kinds.count("Skipped")
    assert {c.classname for c in cases} == {suite.name}
    statistics = result.validation_result and result.validation_result.statistics
    if statistics and statistics.errored:
        assert (statistics.failed, statistics.errored, statistics.skipped) == (
            suite.failures, suite.errors, suite.skipped,
        )  # fmt: skip


def test_a_run_that_could_not_be_made_is_an_error():
    for result, said in ((UNREADABLE, "error: users.csv: no such file"), (NOTHING, "error: no check ran")):
        (suite,) = JUnitXml.fromstring(junit(result).encode())
        assert suite.errors == 1
        assert list(suite)[-1].name == "run"
        assert list(suite)[-1].result[0].message.startswith(said)
    typed = replace(UNREADABLE, error_type="SourceError")
    assert 'type="SourceError"' in junit(typed)
    assert 'type="CheckError"' in junit(replace(FAILING, error_type="SourceError"))


def test_a_warning_is_no_failure():
    (suite,) = JUnitXml.fromstring(junit(PLACED).encode())
    (warned,) = [c for c in suite if c.name == "range: age"]
    assert not warned.result
    assert warned.system_out.startswith("warning: medium: age: between 0 and 120: 33 (0.66%)")


def test_names_are_unique_in_a_suite_and_suites_in_a_document():
    twice = replace(EMAIL, id="null:email#2")
    text = junit([run(EMAIL, twice, replace(twice, name=None)), FAILING])
    suites = list(JUnitXml.fromstring(text.encode()))
    assert [c.name for c in suites[0]] == ["null: email", "null: email (2)", "null: email (3)"]
    assert [s.name for s in suites] == ["users", "users (2)"]


def test_hostile_text_stays_text():
    text = junit(MANY)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202e]", text)
    assert ET.fromstring(text).find(".//script") is None
    odd = replace(EMAIL, columns=("a\ufffeb]]>&\r",))
    assert "a\\ufffeb]]&gt;&amp;" in junit(run(odd))


def test_ten_thousand_issues_stay_bounded():
    text = junit(many_issues(10_000))
    assert text.count("<testcase ") == 10_000
    assert len(text.encode()) < 30 * 1024 * 1024
