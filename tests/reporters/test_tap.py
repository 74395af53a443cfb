import re
from dataclasses import replace

import pytest
import yaml
from tap.parser import Parser

from helpers.ci_results import ALL, IDS, MANY, NOTHING, PLACED, golden
from helpers.hostile import many_issues
from helpers.made_results import CLEAN, EMAIL, FAILING, HOSTILE, UNREADABLE, run
from truthound.reporters.tap import tap


def parsed(text):
    """Plan and tests, as another's parser of version 13 reads them."""
    lines = list(Parser().parse_text(text.replace("TAP version 14", "TAP version 13")))
    assert not [line for line in lines if line.category == "bail"]
    return [line for line in lines if line.category == "plan"], [line for line in lines if line.category == "test"]


@pytest.mark.parametrize(
    ("name", "results"),
    [("placed.tap", PLACED), ("several.tap", [CLEAN, UNREADABLE, NOTHING]), ("hostile.tap", HOSTILE)],
)
def test_golden(name, results):
    golden(name, tap(results))


@pytest.mark.parametrize("result", ALL, ids=IDS)
def test_a_run_is_a_list_of_its_checks(result):
    (plan,), tests = parsed(tap(result))
    assert plan.expected_tests == len(tests)
    assert [t.number for t in tests] == list(range(1, len(tests) + 1))
    statistics = result.validation_result and result.validation_result.statistics
    if statistics and statistics.errored:
        assert sum(not t.ok and not t.todo for t in tests) == statistics.failed + statistics.errored
        assert sum(t.todo for t in tests) == statistics.warned
        assert sum(t.skip for t in tests) == statistics.skipped


@pytest.mark.parametrize("result", ALL, ids=IDS)
def test_diagnostics_are_yaml(result):
    text = tap(result)
    blocks = re.findall(r"^  ---\n(.*?)^  \.\.\.\n", text, re.DOTALL | re.MULTILINE)
    assert len(blocks) == len(re.findall("^not ok", text, re.MULTILINE))
    for block in blocks:
        known = yaml.safe_load(block)
        assert known["message"]
        assert known["severity"]


def test_several_runs_are_subtests():
    text = tap([CLEAN, UNREADABLE, FAILING])
    (plan,), tests = parsed(text)
    assert plan.expected_tests == 3
    assert [(t.ok, t.description) for t in tests] == [(True, "- users"), (False, "- users (2)"), (False, "- users (3)")]
    assert text.count("\n    1..") == 3
    inner = re.sub(
        "^    ", "", "\n".join(line for line in text.split("\n") if line.startswith("    ")), flags=re.MULTILINE
    )
    assert inner.split("1..")[3].count("ok ") == 8
    assert tap([CLEAN]).count("# Subtest: users\n") == 1


def test_nothing_ran():
    assert tap([]) == "TAP version 14\n1..0 # SKIP no checkpoint ran\n"
    (_,), tests = parsed(tap(NOTHING))
    assert [(t.ok, t.skip) for t in tests] == [(True, True), (False, False)]


def test_names_are_no_directives():
    sharp = replace(EMAIL, columns=("a # SKIP b \\# TODO c",))
    line = tap(run(sharp)).split("\n")[2]
    assert line == r"not ok 1 - null: a \# SKIP b \\\# TODO c"


def test_hostile_text_breaks_no_line():
    text = tap([MANY])
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u202e]", text)
    starts = re.compile(r"TAP version 14|1\.\.|# Subtest|(not )?ok \d+ - |  ---|  \.\.\.|  \w+: |  details:|    - ")
    assert all(
        starts.match(line.removeprefix("    ") if i > 2 else line) for i, line in enumerate(text.split("\n")[:-2])
    )


def test_ten_thousand_issues():
    text = tap(many_issues(10_000))
    assert text.count("\nnot ok ") == 10_000
    assert len(text) < 30 * 1024 * 1024
