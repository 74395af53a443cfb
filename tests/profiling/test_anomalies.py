"""What looks wrong is never drafted as a rule: a draft, and `check`, have the rule that finds it."""

import json
import math
from datetime import UTC, date, datetime

import polars as pl
import pytest
import yaml

from truthound import profiling
from truthound.checkpoint.config import load_checkpoints
from truthound.cli.main import main
from truthound.profiling.anomalies import is_placeholder
from truthound.results import CheckStatus
from truthound.validation.validate import check, validate

TODAY = datetime(2024, 6, 1, tzinfo=UTC)
WORDS = [f"w{n % 7}" for n in range(93)]
CODES = [f"AB-{n:04}" for n in range(97)]
NUMBERS = [str(n * 13 % 997) for n in range(97)]
AMOUNTS = [float(n * 37 % 50) for n in range(97)]
DAYS = [date(2023, 1 + n % 12, 1 + n % 28) for n in range(97)]
# what it is called -> values that have it, and in how many rows (None: the column as a whole)
ROWS = {
    "placeholders among numbers": ("numbers, but not all", [*NUMBERS, "NA", "NA", "NA"], 3),
    "NA in words": ("stands for a missing value?", [*WORDS, "NA", "N/A", "null", "-", "?", "None", "n/a"], 7),
    "NA in codes": ("stands for a missing value?", [*CODES, "NA", "NA", "NA"], 3),
    "many NA": ("stands for a missing value?", ["NA"] * 40 + [*NUMBERS[:57], "NA", "NA", "NA"], 43),
    "nothing but NA": ("stands for a missing value?", ["NA"] * 97 + ["n/a", "NA", "NA"], 100),
    "9999": ("stands for a missing value?", [*(n % 60 for n in range(97)), 9999, 9999, 9999], 3),
    "-1": ("stands for a missing value?", [*(20 + n % 60 for n in range(97)), -1, -1, -1], 3),
    "99 within a range": ("stands for a missing value?", [*(n % 97 for n in range(97)), 99, 99, 99], 3),
    "1970-01-01": ("stands for a missing value?", [*DAYS, *[date(1970, 1, 1)] * 3], 3),
    "1900-01-01": ("stands for a missing value?", [*DAYS, *[date(1900, 1, 1)] * 3], 3),
    "9999-12-31": ("stands for a missing value?", [*DAYS, *[date(9999, 12, 31)] * 3], 3),
    "the epoch": ("stands for a missing value?", [*(datetime(2023, 5, 1 + n % 28, n % 24, tzinfo=UTC) for n in range(98)), *[datetime(1970, 1, 1, tzinfo=UTC)] * 2], 2),
    "days in several formats": ("days written in another way than most", [*map(str, DAYS[:77]), *["03.05.2023"] * 13, *["5/3/2023"] * 10], 23),
    "a few days in another format": ("days written in another way than most", [*map(str, DAYS), "03.05.2023", "04.05.2023", "05.05.2023"], 3),
    "a far value": ("far outside of the rest", [*AMOUNTS, 1.0, 2.0, 1e6], 1),
    "a far identifier": ("far outside of the rest", [*(1000 + 7 * n for n in range(99)), 10**9], 1),
    "the future": ("in the future", [*DAYS, *[date(2031, 1, 1)] * 3], 3),
    "much of the future": ("in the future", [*DAYS[:60], *[date(2031, 1, 1)] * 40], 40),
    "the future of a stamp": ("in the future", [*(datetime(2024, 5, 31, n % 24, tzinfo=UTC) for n in range(99)), datetime(2024, 6, 3, tzinfo=UTC)], 1),
    "blanks at an end": ("blanks at an end", [*WORDS, *["w1 ", " w2"] * 3, "w3\t"], 7),
    "many blanks at an end": ("blanks at an end", [f"w{n} " if n % 3 else f"w{n}" for n in range(100)], 66),
    "empty text": ("empty or only blanks", [*CODES, "", " ", "  "], 3),
    "much empty text": ("empty or only blanks", [*CODES[:60], *[""] * 40], 40),
    "spellings": ("the same word in different spelling as Oslo", ["Oslo"] * 60 + ["Rome"] * 33 + ["oslo"] * 7, 7),
    "spellings of many words": ("the same word in different spelling as City 1", [*(f"City {n}" for n in range(1, 90)), "City 1", *["city 1"], *["Town"] * 9], 1),
    "a wrong encoding": ("signs of a wrong encoding", [*WORDS, *["CafÃ©", "\ufffd"] * 3, "w\u200b"], 7),
    "not a number": ("NaN", [*AMOUNTS, math.nan, math.nan, math.nan], 3),
    "repeated keys": ("nearly unique: a key with repeats?", [*(f"k-{n:05}" for n in range(98)), "k-00007", "k-00008"], 4),
    "zeros lost": ("zeros lost in front?", [*(20_000 + 7 * n for n in range(90)), *(1_000 + 13 * n for n in range(10))], 10),
}  # fmt: skip
NAMES = {"a far identifier": "user_id", "repeated keys": "order_key", "zeros lost": "zip_code"}
TABLES = {
    "only nulls": ("only nulls", [None] * 100), "mostly nulls": ("mostly null", [None] * 80 + [*range(20)]),
    "one value": ("always the same value", ["x"] * 100), "one number": ("always the same value", [7] * 100),
    "numbers as text": ("numbers kept as text", [*NUMBERS, "1", "2", "3"]),
}  # fmt: skip
ALL = [*ROWS, *TABLES]
STATES = {"regex", "format", "allowed_values", "range", "column_type", "cardinality", "completeness", "whitespace", "blank", "encoding", "nan"}  # fmt: skip


def made(kind):
    what, values, *count = ROWS.get(kind) or TABLES[kind]
    column = NAMES.get(kind, "a")
    return what, column, pl.DataFrame({"n": range(len(values)), column: values}, strict=False), (count or [None])[0]


def anomaly(data, what, column):
    profile = profiling.profile(data, clock=lambda: TODAY)
    found = [s for s in profile.anomalies if (s.column, s.what) == (column, what)]
    assert len(found) == 1, profile.anomalies
    return found[0], profile


@pytest.mark.parametrize("kind", ALL)
def test_the_rule_of_an_anomaly_finds_it(kind):
    what, column, data, count = made(kind)
    found, _ = anomaly(data, what, column)
    (outcome,) = check(data, [found.rule], clock=lambda: TODAY).outcomes
    assert outcome.is_issue, outcome
    assert outcome.status is not CheckStatus.ERROR, outcome
    if count is not None:
        assert found.count == count
        assert outcome.failed == count
    assert profiling.Anomaly.from_dict(found.to_dict()) == found


@pytest.mark.parametrize("kind", ALL)
def test_a_draft_finds_what_looks_wrong_and_states_none_of_it(kind):
    what, column, data, count = made(kind)
    found, profile = anomaly(data, what, column)
    rules = [rule for rule, _ in profiling.draft_rules(profile, clock=lambda: TODAY)]
    run = validate(data, rules, clock=lambda: TODAY)
    outcomes = [o for o in run.result.outcomes if o.columns == (column,)]
    assert not [o for o in run.result.outcomes if o.status is CheckStatus.ERROR]
    assert any(o.is_issue for o in outcomes), run.result.summary()
    if count is not None:
        bad = run.split().bad.collect()
        kept = bad.filter(pl.col("_failed_checks").list.len() > 0)
        assert kept.height >= count
        wrong = set(found.values) or {found.example}
        if found.values:
            plain = {v.isoformat() if isinstance(v, date) else v for v in kept[column].to_list()}
            assert wrong <= plain
    if what not in (
        "far outside of the rest",
        "nearly unique: a key with repeats?",
        "always the same value",
        "only nulls",
        "mostly null",
        "NaN",
        "in the future",
    ):
        states = STATES | ({"null"} if what in ("stands for a missing value?", "empty or only blanks") else set())
        stated = [o.id for o in outcomes if o.status is CheckStatus.PASSED and o.validator in states]
        assert stated == [], stated


@pytest.mark.parametrize(
    "kind",
    [
        "placeholders among numbers",
        "NA in words",
        "9999",
        "1970-01-01",
        "one value",
        "numbers as text",
        "spellings",
        "a far value",
    ],
)
def test_check_counts_what_it_lists(kind, tmp_path, monkeypatch, capfd):
    what, column, data, _ = made(kind)
    monkeypatch.chdir(tmp_path)
    data.write_parquet("data.parquet")
    assert main(["check", "data.parquet", "--format", "json"]) in (0, 1)
    told = json.loads(capfd.readouterr().out)
    assert what in {s["what"] for s in told["profile"]["anomalies"]}
    issues = [
        o
        for o in told["validation_result"]["outcomes"]
        if o["status"] in ("failed", "warned") and o["columns"] == [column]
    ]
    assert issues
    assert told["status"] in ("warning", "failure")
    assert main(["check", "data.parquet", "--strict", "-q"]) == 1
    assert main(["check", "data.parquet", "-v", "row_count", "--strict", "-q"]) == 0


def test_a_delay_full_of_na_does_not_pass(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{n},{'NA' if n % 37 == 5 else n * 17 % 90 - 20},{'UA' if n % 3 else 'DL'}\n" for n in range(2000))
    (tmp_path / "flights.csv").write_text(f"flight,dep_delay,carrier\n{rows}")
    assert main(["checkpoint", "init", "--data", "flights.csv", "-o", "truthound.yaml"]) == 0
    text = (tmp_path / "truthound.yaml").read_text()
    rules = yaml.safe_load(text)["checkpoints"][0]["validators"]
    assert not any("dep_delay" in (r.get("null") or {}).get("columns", ()) for r in rules)
    assert 'options: {null_values: ["NA"]}' in text or "options: {null_values: [NA]}" in text
    (checkpoint,) = load_checkpoints("truthound.yaml")
    result = checkpoint.run()
    assert result.status == "warning"
    assert {(o.columns, o.failed) for o in result.issues} == {(("dep_delay",), 54)}


def test_days_of_plans_and_digits_of_codes_do_not_look_wrong():
    data = {"due_date": [date(2031, 1, 1)] * 9, "zip_code": [str(10_000 + n) for n in range(9)], "n": list(range(9))}
    found = {(s.column, s.what) for s in profiling.profile(data, clock=lambda: TODAY).anomalies}
    assert found == {("due_date", "always the same value")}


def test_a_column_without_a_name_has_no_rule():
    profile = profiling.profile(pl.DataFrame({"": ["x", "NA"] * 20}))
    assert profile.anomalies
    assert [s.rule for s in profile.anomalies] == [None] * len(profile.anomalies)
    assert profiling.anomaly_rules(profile) == []


def test_a_comment_describes_a_few_of_many_columns():
    data = {f"c{i}": ["x ", "y"] * 30 for i in range(40)}
    ((rule, seen),) = [d for d in profiling.draft_rules(profiling.profile(data)) if "whitespace" in d[0]]
    assert len(rule["whitespace"]["columns"]) == 40
    assert seen.endswith("such as x ; 35 more columns like these")


def test_odd_words():
    assert [w for w in ("NA", "n/a", " x", "", "?", "Nada", "x") if is_placeholder(w)] == ["NA", "n/a", " x", "", "?"]
