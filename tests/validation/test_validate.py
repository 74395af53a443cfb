"""From data to a result: severities, statuses, samples, masks, time limits."""

import subprocess
import sys
from datetime import UTC, datetime

import polars as pl
import pytest

from truthound.errors import ConfigError, SourceError
from truthound.results import Severity, ValidationResult
from truthound.validation.validate import check, validate
from truthound.validators.base import Validator
from truthound.validators.option_types import allowed_rows


def only(result):
    assert len(result.outcomes) == 1, [o.id for o in result.outcomes]
    return result.outcomes[0]


def nulls(failing, total=100):
    return {"a": [None] * failing + [1] * (total - failing)}


@pytest.mark.parametrize(
    ("rule", "failing", "severity"),
    [
        ("null", 1, "low"), ("null", 6, "medium"), ("null", 21, "high"), ("null", 51, "critical"), ("null", 5, "low"),
        ({"null": {"columns": "a"}}, 1, "medium"), ({"null": {"severity": "high"}}, 1, "high"), ({"null": {"severity": "low"}}, 100, "low"),
        ({"null": {"max_fail": {"high": 10, "medium": "1%"}}}, 2, "medium"), ({"null": {"max_fail": {"high": 10, "medium": "1%"}}}, 11, "high"),
    ],
)  # fmt: skip
def test_severity(rule, failing, severity):
    assert only(check(nulls(failing), [rule])).severity == severity


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({}, "failure"),
        ({"fail_on_critical": False}, "warning"),
        ({"fail_on_critical": False, "fail_on": "critical"}, "failure"),
    ],
)
def test_a_critical_issue(options, status):
    result = check(nulls(60), ["null"], **options)
    assert result.status == status
    assert only(result).status == ("failed" if status == "failure" else "warned")


@pytest.mark.parametrize(
    ("options", "status"), [({}, "warning"), ({"fail_on_high": True}, "failure"), ({"fail_on": "low"}, "failure")]
)
def test_a_high_issue(options, status):
    assert check(nulls(30), ["null"], **options).status == status


def test_thresholds_are_settable():
    assert only(check(nulls(3), ["null"], severity_thresholds={"critical": 0.02})).severity == "critical"
    with pytest.raises(ConfigError, match="not a severity"):
        check(nulls(3), ["null"], severity_thresholds={"critcal": 0.02})


@pytest.mark.parametrize(
    ("limit", "failing", "passes"),
    [
        (5, 5, True),
        (5, 6, False),
        ("5%", 5, True),
        ("5%", 6, False),
        (0.05, 5, True),
        ("0.5%", 1, False),
        (0, 1, False),
        ("100%", 100, True),
    ],
)
def test_max_fail(limit, failing, passes):
    outcome = only(check(nulls(failing), [{"null": {"max_fail": limit}}]))
    assert (outcome.status == "passed") == passes
    assert outcome.failed == failing


def test_mostly():
    assert only(check(nulls(5), [{"null": {"mostly": 0.95}}])).status == "passed"
    assert only(check(nulls(6), [{"null": {"mostly": 0.95}}])).status == "warned"
    with pytest.raises(ConfigError, match="not both"):
        check(nulls(5), [{"null": {"mostly": 0.95, "max_fail": 3}}])


def test_limits_count_exactly():
    assert allowed_rows("29%", 100) == 29  # 0.29 * 100 is 28.999999999999996
    assert allowed_rows("1%", 6_007_216) == 60_072


@pytest.mark.parametrize("limit", ["x", -1, "101%", 1.5, True, {"hi": 1}, [1]])
def test_a_limit_that_is_none(limit):
    with pytest.raises(ConfigError):
        check(nulls(1), [{"null": {"max_fail": limit}}])


def test_min_severity_hides_and_counts():
    result = check({"a": [None, *range(99)], "b": [None] * 60 + [1] * 40}, ["null"], min_severity="medium")
    assert [o.columns for o in result.issues] == [("b",)]
    assert result.statistics.hidden == 1
    assert result.statistics.total_checks == 2


def test_a_missing_column_is_an_error_of_its_check():
    result = check({"price": [1, None]}, [{"null": {"columns": ["prise", "price"]}}])
    wrong, right = result.outcomes
    assert (wrong.status, wrong.severity, wrong.error) == (
        "error",
        "critical",
        'column not found: did you mean "price"?',
    )
    assert right.failed == 1
    assert result.status == "error"


def test_examples_are_whole_rows_with_their_numbers():
    data = {"id": list(range(50)), "a": [1, None] * 25}
    outcome = only(check(data, [{"null": {"columns": "a"}}], primary_key="id"))
    assert [(e.row, e.values) for e in outcome.examples][:2] == [(2, {"id": 1, "a": None}), (4, {"id": 3, "a": None})]
    assert len(outcome.examples) == 10
    assert len(only(check(data, [{"null": {"columns": "a"}}], examples=3)).examples) == 3
    assert only(check(data, [{"null": {"columns": "a"}}], examples=0)).examples == ()


def test_a_primary_key_rule_tells_the_key():
    data = {"id": [1, 2], "a": [None, 1]}
    assert check(data, [{"primary_key": {"columns": "id"}}, "null"]).key_columns == ("id",)
    assert check(data, [{"primary_key": {"columns": "nope"}}, "null"]).key_columns == ()


def test_personal_data_are_masked_everywhere():
    data = {"mail": ["secret@example.com", "bad"], "age": [999, 3]}
    rules = [
        {"regex": {"columns": "mail", "pattern": "@"}},
        {"range": {"columns": "age", "max_value": 120}},
        {"max": {"columns": "mail", "max_value": "a"}},
    ]
    result = check(data, rules, pii=["mail"])
    assert "secret@" not in str(result.to_dict())
    assert "'bad'" not in str(result.to_dict())
    assert result.outcomes[1].examples[0].values == {"mail": "•••", "age": 999}
    with pytest.raises(ConfigError, match='did you mean "mail"'):
        check(data, rules, pii=["mial"])


def test_a_sample_is_random_exact_and_repeatable():
    data = {"a": list(range(1000))}
    rule = [{"range": {"columns": "a", "max_value": -1}}]
    one, again, other = (check(data, rule, sample_size=50, seed=s) for s in (1, 1, 2))
    assert (one.row_count, one.sampled_from, only(one).failed) == (50, 1000, 50)
    assert one.outcomes == again.outcomes != other.outcomes
    assert all(e.row == e.values["a"] + 1 for e in only(one).examples)
    assert any("sample of 50 rows of 1,000" in n for n in one.notes)
    assert check(data, rule, sample_size=5000).sampled_from is None


def test_where():
    result = check({"a": [None, None, 1], "on": [True, False, None]}, [{"null": {"columns": "a", "where": '"on"'}}])
    assert (only(result).failed, only(result).total) == (1, 1)


def test_a_broken_filter_is_that_checks_error():
    result = check({"a": [None]}, [{"null": {"where": "b > 1"}}, "duplicate"])
    assert [o.status for o in result.outcomes] == ["error", "passed"]


@pytest.mark.parametrize(
    "options",
    [{"examples": -1}, {"sample_size": 0}, {"timeout_seconds": 0}, {"min_severity": "hihg"}, {"fail_on": "x"}],
)
def test_mistakes_in_options(options):
    with pytest.raises(ConfigError):
        check({"a": [1]}, ["null"], **options)
    with pytest.raises(TypeError):
        check({"a": [1]}, ["null"], fail_on_hihg=True)


def test_no_checks_is_an_error():
    with pytest.raises(ConfigError, match="no checks"):
        check({"a": [1]}, [])


def test_data_that_are_not_there(tmp_path):
    with pytest.raises(SourceError, match=r"none\.csv"):
        check(tmp_path / "none.csv", ["null"])


def test_an_empty_table():
    result = check(pl.DataFrame(schema={"a": pl.Int64, "b": pl.String}), ["null", "duplicate", "blank"])
    assert result.status == "success"
    assert result.row_count == 0


def test_bad_rows_are_set_aside():
    data = {"id": [1, 2, 2, 3], "a": [None, 1, 1, 2]}
    split = validate(data, [{"null": {"columns": "a"}}, {"unique": {"columns": "id"}}]).split()
    assert split.good.collect().to_dicts() == [{"id": 3, "a": 2}]
    assert split.bad.collect()["_failed_checks"].to_list() == [["null:a"], ["unique:id"], ["unique:id"]]


def test_ids_are_stable_and_unique():
    rules = [
        {"range": {"columns": "a", "max_value": 5}},
        {"range": {"columns": "a", "max_value": 9}},
        {"range": {"columns": "a", "max_value": 9}},
    ]
    first, second = (check({"a": [1]}, order) for order in (rules, rules))
    ids = [o.id for o in first.outcomes]
    assert len(set(ids)) == 3
    assert ids == [o.id for o in second.outcomes]


def test_results_survive_json():
    result = check(
        {"a": [None, 1.5, float("nan")], "b": [datetime(2024, 1, 1, tzinfo=UTC)] * 3}, ["null", "nan", "duplicate"]
    )
    assert ValidationResult.from_dict(result.to_dict()) == result


def test_the_work_in_a_child_is_the_same():
    data = {"a": [None, 1, 1], "b": ["x", "y", "y"]}
    here, there = (check(data, ["null", "duplicate"], timeout_seconds=t) for t in (None, 60))
    assert here.outcomes == there.outcomes


@pytest.mark.slow
def test_a_time_limit_stops_the_work(tmp_path):
    module = tmp_path / "slow_rules.py"
    module.write_text("import time\ndef slow(frame):\n    time.sleep(600)\n")
    script = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); import slow_rules\n"
        "from truthound import check\n"
        "t = time.monotonic()\n"
        "r = check({'a': [None, 1]}, ['null', slow_rules.slow], timeout_seconds=15)\n"
        "print([(o.validator, o.status.value, o.error) for o in r.outcomes], r.status.value, time.monotonic() - t < 60)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True, timeout=120
    )
    assert "('null', 'warned', None)" in done.stdout or "('null', 'failed', None)" in done.stdout
    assert "'error', 'stopped after 15 s (timeout_seconds)'" in done.stdout
    assert done.stdout.rstrip().endswith("error True")


def test_what_cannot_be_sent_to_a_child_is_said():
    with pytest.raises(ConfigError, match="child process"):
        check({"a": [1]}, [lambda frame: pl.col("a") > 0], timeout_seconds=5)


def test_errors_come_back_from_the_child(tmp_path):
    with pytest.raises(SourceError, match=r"none\.csv"):
        check(tmp_path / "none.csv", ["null"], timeout_seconds=60)


def test_severities_have_an_order():
    assert [s.rank for s in Severity] == [0, 1, 2, 3]


def test_a_validator_that_cannot_be_bound_hides_no_other():
    class Broken(Validator):
        type = "broken"

        def checks(self, table):
            raise ValueError("no luck")

    result = check({"a": [None]}, [Broken(), "null"])
    assert [o.status for o in result.outcomes] == ["error", "failed"]
    assert result.outcomes[0].error == "no luck"


def test_a_key_column_that_went_is_drift(tmp_path):
    before = {"id": [1, 2], "email": ["a", "b"], "v": [3, None]}
    options = {"auto_schema": True, "name": "t", "primary_key": "id", "pii": ["email"], "base": tmp_path}
    validate(before, ["null"], **options)
    gone = {"v": [3, None]}
    result = validate(gone, ["null"], **options).result
    told = {(o.columns, o.message or o.expected) for o in result.issues}
    assert {(("id",), "column removed, it was int64"), (("email",), "column removed, it was string")} <= told
    assert any(o.validator == "null" and o.columns == ("v",) and o.failed == 1 for o in result.issues)
    with pytest.raises(ConfigError, match='column "id" of primary_key or pii is not in the data'):
        validate(gone, ["null"], primary_key="id")


@pytest.mark.parametrize(
    "rule",
    [{"schema": {"columns": {"email": "string"}}}, {"column_exists": {"columns": ["email"]}}, {"null": {"columns": ["email", "v"]}}],
)  # fmt: skip
def test_a_masked_column_that_went_is_told_by_the_rule_that_names_it(rule):
    result = validate({"v": [3, None]}, [rule, "blank", {"null": {"columns": "v"}}], pii=["email"]).result
    (gone,) = [o for o in result.outcomes if o.columns == ("email",)]
    assert "column not found" in (gone.message or gone.error)
    assert gone.status in ("failed", "error")
    assert any(o.validator == "null" and o.columns == ("v",) and o.failed == 1 for o in result.outcomes)
    with pytest.raises(ConfigError, match='column "vv" of primary_key or pii is not in the data; did you mean "v"'):
        validate({"v": [3, None]}, [rule], pii=["vv"])
