"""Profiles, and the rules drafted from them."""

import math
from datetime import UTC, date, datetime
from statistics import NormalDist

import polars as pl
import pytest

from truthound import profiling
from truthound.checkpoint.config import load_checkpoints
from truthound.validation.validate import check

CLOCK = lambda: datetime(2024, 6, 1, tzinfo=UTC)  # noqa: E731


def anomalies(values, **options):
    return {(s.what, s.count) for s in profiling.profile({"a": values}, clock=CLOCK, **options).anomalies}


def test_a_profile():
    found = profiling.profile({"n": [1, 2, 3, 4, None], "t": ["x", "x", "y", "z", "z"]})
    n, t = found.columns
    assert (found.rows, found.duplicate_rows, found.keys) == (5, 0, ())
    assert (n.nulls, n.distinct, n.min, n.max, n.mean, n.quartiles) == (1, 4, 1, 4, 2.5, (1.75, 2.5, 3.25))
    assert sum(n.histogram) == 4
    assert t.top == (("x", 2), ("z", 2), ("y", 1))
    assert profiling.Profile.from_dict(found.to_dict()) == found


@pytest.mark.parametrize(
    ("values", "what", "count"),
    [
        ([None, None], "only nulls", 2), ([1, None, None], "mostly null", 2), (["x", "x"], "always the same value", 2),
        ([str(i) for i in range(5)], "numbers kept as text", 5), ([str(i) for i in range(19)] + ["x"], "numbers, but not all", 1),
        (["a", " ", "b"], "empty or only blanks", 1), (["a ", "b"], "blanks at an end", 1), (["Yes", "yes", "no"], "the same word in different spelling as Yes", 1),
        ([*range(50), 999, 999], "stands for a missing value?", 2), (["x", "N/A"], "stands for a missing value?", 1),
        ([1.0, float("nan")], "NaN", 1), ([*range(50), 10_000], "far outside of the rest", 1), ([*range(300), 7], "nearly unique: a key with repeats?", 2),
        ([date(2024, 1, 1), date(9999, 12, 31)], "stands for a missing value?", 1), ([date(2025, 1, 1)], "in the future", 1),
    ],
)  # fmt: skip
def test_what_looks_wrong(values, what, count):
    assert (what, count) in anomalies(values)


@pytest.mark.parametrize(
    "values", [[1, 2, 3], ["a", "b"], [None, 1, 2], [date(2024, 1, 1)], [[1], [2]], [{"x": 1}], [True, False], [b"x"]]
)
def test_what_does_not(values):
    assert anomalies(values) == set()


def test_an_empty_table():
    found = profiling.profile(pl.DataFrame(schema={"a": pl.Int64, "b": pl.String}))
    assert (found.rows, found.anomalies) == (0, ())
    assert "duplicate" in profiling.draft_checkpoint(found, data_source="x.csv")


def test_a_draft_runs_and_holds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = pl.DataFrame(
        {
            "id": range(1, 201), "yes": ["on", "off"] * 100, "price: $": [i * 1.37 - 3 for i in range(200)],
            "note": [None] * 4 + [f"n{i}" for i in range(196)], "gone": [None] * 200,
        },
        schema_overrides={"gone": pl.String},
    )  # fmt: skip
    frame.write_csv("data.csv")
    text = profiling.draft_checkpoint(profiling.profile("data.csv"), data_source="data.csv")
    (tmp_path / "truthound.yaml").write_text(text)
    (checkpoint,) = load_checkpoints("truthound.yaml")
    result = checkpoint.run()
    assert [(o.validator, o.columns) for o in result.issues] == [("completeness", ("gone",))]  # no value looks wrong
    assert result.status == "warning", result.summary()
    assert result.validation_result.statistics.total_checks >= 8
    assert "# 4 nulls (2.00%)" in text
    assert "# gone: only nulls, 200 rows" in text


def test_a_draft_of_a_column_named_like_a_variable_loads(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pl.DataFrame({"${NOPE}": [f"x{i}" for i in range(40)], "a\nb": range(40)}).write_csv("data.csv")
    (tmp_path / "t.yaml").write_text(profiling.draft_checkpoint(profiling.profile("data.csv"), data_source="data.csv"))
    (checkpoint,) = load_checkpoints("t.yaml")
    assert checkpoint.run().status == "success"


def test_repeated_rows_do_not_make_a_draft_that_fails(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pl.DataFrame({"a": ["x"] * 30}).write_csv("data.csv")
    (tmp_path / "t.yaml").write_text(profiling.draft_checkpoint(profiling.profile("data.csv"), data_source="data.csv"))
    result = load_checkpoints("t.yaml")[0].run()
    assert [(o.validator, o.severity) for o in result.issues] == [("cardinality", "low")]


def test_a_stray_value_does_not_stretch_the_range():
    profile = profiling.profile({"speed": [float(i % 30) for i in range(5000)] + [1048.0]})
    ((rule, _),) = [r for r in profiling.draft_rules(profile) if "range" in r[0]]
    found = rule["range"]["columns"]["speed"]
    assert found["max_value"] < 200
    assert found == {"min_value": 0, "max_value": 29}


def drafted(data):
    """Each rule of a draft by its name, and the draft's comments."""
    found = profiling.draft_rules(profiling.profile(data, clock=CLOCK), clock=CLOCK)
    return {name: options for rule, _ in found for name, options in rule.items()}, "\n".join(said for _, said in found)


def test_what_looks_wrong_is_left_out_of_the_rules_so_that_a_run_tells_it():
    data = {
        "age": [20 + n % 40 for n in range(127)] + [999] * 3,
        "city": ["Oslo", "Rome"] * 63 + ["oslo", "N/A", " ", "Rome "],
        "day": [date(2024, 1, 1 + n % 28) for n in range(129)] + [date(9999, 12, 31)],
        "ratio": [n % 10 / 10 for n in range(129)] + [float("nan")],
    }
    rules, said = drafted(data)
    assert rules["range"]["columns"] == {
        "age": {"min_value": 0, "max_value": 59},
        "ratio": {"min_value": 0, "max_value": 0.9},
    }
    assert rules["allowed_values"]["values"] == ["Oslo", "Rome"]
    assert rules["future"] == {"columns": ["day"]}
    assert 'left out: " ", "N/A", "Rome ", "oslo"' in said
    assert "left out: age: stands for a missing value?, 3 rows (2.31%), such as 999" in said
    assert "max_fail" not in str(rules)
    issues = check(data, [{name: options} for name, options in rules.items()], clock=CLOCK).issues
    assert {(o.validator, *o.columns, o.failed) for o in issues} == {
        ("range", "age", 3),
        ("range", "ratio", 1),
        ("allowed_values", "city", 4),
        ("blank", "city", 1),
        ("whitespace", "city", 2),
        ("future", "day", 1),
    }


def test_identifiers_have_no_range_and_repeated_ones_are_told():
    rules, said = drafted(
        {
            "id": [*range(1, 300), 7], "shop_id": [n % 9 for n in range(300)], "seq": [5 * n for n in range(300)],
            "total": [n // 2 * 1.5 for n in range(300)], "zip": [10_000 + n % 90 for n in range(300)],
        }
    )  # fmt: skip
    assert "range" not in rules
    assert rules["unique"] == {"columns": ["id"]}
    assert "nearly unique: 2 rows (0.67%) break it today, such as 7" in said


def test_a_few_values_that_differ_are_no_key():
    assert profiling.profile({"user_id": [3, 9, 7], "age": [31, 45, 52], "city": ["a", "b", "c"]}).keys == ("user_id",)


def test_a_long_tail_does_not_look_wrong():
    prices = [round(math.exp(NormalDist().inv_cdf((n + 0.5) / 1000)), 2) for n in range(1000)]
    assert anomalies(prices) == set()


HOSTILE = ["", '"q"', "c: d", "# e", "^x$", "*", "a\nb", "日本", "-dash", "yes", "no", "null", "1e5", "1", "~", "L" * 3000, "dtype:text", "${HOME}", "{a}", "[b]", "&x", "!t", "%p", "@z", "a,b", " lead", "?", "<<"]  # fmt: skip


@pytest.mark.parametrize("headers", [["", "a", "b"], HOSTILE, *([h] for h in HOSTILE)])
def test_a_draft_loads_whatever_the_columns_are_called(tmp_path, monkeypatch, headers):
    monkeypatch.chdir(tmp_path)
    cells = [
        lambda n: n * 7 % 60,
        lambda n: n % 5 * 1.5,
        lambda n: ("on", "off")[n % 2],
        lambda n: None if n == 3 else n * n % 50,
    ]
    frame = pl.DataFrame({h: [cells[i % 4](n) for n in range(60)] for i, h in enumerate(headers)})
    frame.write_csv("data.csv")
    profile = profiling.profile("data.csv")
    (tmp_path / "t.yaml").write_text(profiling.draft_checkpoint(profile, data_source="data.csv"))
    (checkpoint,) = load_checkpoints("t.yaml")
    result = checkpoint.run()
    assert (result.status, result.error) == ("success", None)
    checked = {c for o in result.validation_result.outcomes for c in o.columns}
    assert checked == {c.name for c in profile.columns if c.name}
    assert len(profile.columns) == len(headers)


def test_zeros_lost_in_front():
    assert ("zeros lost in front?", 100) in {
        (s.what, s.count)
        for s in profiling.profile(
            {"zip_code": [20_000 + 7 * i for i in range(900)] + [1_000 + 13 * i for i in range(100)]}
        ).anomalies
    }


def test_statistics_leave_nan_out():
    (column,) = profiling.profile({"a": [1.0, 3.0, None, float("nan")]}).columns
    assert (column.min, column.max, column.mean, column.quartiles, column.nan) == (1.0, 3.0, 2.0, (1.5, 2.0, 2.5), 1)


def test_long_texts_are_no_categories():
    data = {"a": ["x" * 3000, "y"] * 40}
    assert "allowed_values" not in drafted(data)[0]
    assert profiling.infer_schema(data).schema.columns["a"].values is None


@pytest.mark.parametrize(("low", "high"), [(-1.5, 1.2e16), (-1e16, 0.5), (0.3, 0.7), (-3.0, 7.0), (1e-12, 1e12)])
def test_drafted_bounds_hold_of_what_was_found(low, high):
    from truthound.profiling import rule_drafting

    assert rule_drafting._lower_bound(low, high, whole=False) <= low
    assert rule_drafting._upper_bound(low, high) >= high
