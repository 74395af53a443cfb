"""What a run would do, shown before it by `--dry-run`, and by `checkpoint validate` for local data."""

import pytest
import yaml

from truthound.checkpoint.checkpoint import Checkpoint
from truthound.results import CheckStatus

ORDERS = "id,amount,note\n1,2,x\n2,3,\n3,4,y\n"
MISTAKES = [
    ({"expression": {"expression": "amont > 0"}}, 'no column is called "amont"; did you mean "amount"?'),
    ({"sql": {"query": "SELECT * FROM data WHERE amont < 0"}}, '"amont"'),
    ({"null": {"columns": "id", "where": "idd > 0"}}, 'no column is called "idd"; did you mean "id"?'),
    ({"null": {"columns": "idd"}}, 'did you mean "id"?'),
    ({"expression": {"expression": "amount + 1"}}, "true or false"),
    ({"foreign_key": {"columns": "id", "reference": "gone.csv"}}, "the reference: gone.csv does not exist"),
    ({"foreign_key": {"columns": "id", "reference": "broken.parquet"}}, "the reference: broken.parquet"),
    ({"foreign_key": {"columns": "id", "reference": "ref.csv", "reference_columns": ["idd"]}}, "idd"),
    ({"row_count_match": {"reference": "gone.csv"}}, "the reference: gone.csv does not exist"),
    ({"aggregate_match": {"columns": "id", "function": "sum", "reference": "ref.csv", "reference_columns": ["q"]}}, '"q" not found'),
    ({"aggregate_match": {"columns": "id", "function": "sum", "reference": "gone.csv"}}, "the reference: gone.csv does not exist"),
    ({"distribution": {"columns": "amount", "reference": "gone.csv"}}, "the reference: gone.csv does not exist"),
    ({"distribution": {"columns": "amount", "reference": "ref.csv", "reference_columns": ["zz"]}}, 'in the reference: column "zz" not found'),
    ({"distribution": {"columns": "amount", "reference": "ref.csv", "method": "psi", "reference_columns": ["zz"]}}, '"zz" not found'),
    ({"mean": {"columns": "note", "min_value": 0}}, "mean needs a numeric column, this one is string"),
    ({"range": {"columns": "amount", "min_value": "x"}}, "is not a number"),
]  # fmt: skip


@pytest.fixture
def orders(folder):
    (folder / "orders.csv").write_text(ORDERS)
    (folder / "ref.csv").write_text("id,z\n1,2\n")
    (folder / "broken.parquet").write_text("nothing")
    return folder


def configured(folder, *rules, **options):
    checkpoint = {"name": "orders", "data_source": "orders.csv", "validators": list(rules)} | options
    (folder / "truthound.yaml").write_text(yaml.safe_dump({"checkpoints": [checkpoint]}))


@pytest.mark.parametrize(("rule", "said"), MISTAKES, ids=lambda v: next(iter(v)) if isinstance(v, dict) else "")
def test_what_a_run_meets_is_told_before_it(cli, orders, rule, said):
    configured(orders, rule, "null")
    code, out, _ = cli("checkpoint", "run", "orders", "--dry-run", "--no-color")
    assert code == 3
    assert "".join(said.split()) in "".join(out.split())
    assert "1 error" in out
    code, out, err = cli("checkpoint", "validate")
    assert (code, out) == (2, "")
    assert err.startswith("error: truthound.yaml:")
    assert said in err
    result = Checkpoint(name="orders", data_source="orders.csv", validators=[rule]).run()
    (outcome,) = result.validation_result.outcomes
    assert said in outcome.error


@pytest.mark.parametrize("rule", ["row_count", "row_count_match", "contains_values"])
def test_a_sample_says_nothing_about_all_rows(cli, orders, rule):
    options = {"row_count_match": {"reference": "ref.csv"}, "contains_values": {"columns": "note", "values": ["x"]}}
    configured(orders, {rule: options.get(rule, {})}, sample_size=2)
    code, out, _ = cli("checkpoint", "run", "orders", "--dry-run")
    assert code == 3
    assert "1 check, 1 skipped" in out
    assert "no check could be evaluated: all were skipped" in out
    code, _, err = cli("checkpoint", "validate")
    assert code == 2
    assert "no check could be evaluated" in err
    configured(orders, {rule: options.get(rule, {})}, "null", sample_size=2)
    code, out, _ = cli("checkpoint", "run", "orders", "--dry-run")
    assert (code, "skipped: requires all rows" in out) == (0, True)
    code, _, err = cli("checkpoint", "validate")
    assert code == 0
    assert f"warning: orders: {rule}" in err
    configured(orders, {rule: options.get(rule, {})}, sample_size=3)  # all rows
    assert cli("checkpoint", "run", "orders", "--dry-run")[0] == 0
    assert cli("checkpoint", "validate")[::2] == (0, "")


def test_checks_that_nothing_configures_are_no_checks(cli, orders):
    configured(orders, "range")
    code, out, _ = cli("checkpoint", "run", "orders", "--dry-run")
    assert (code, "no check could be evaluated" in out) == (3, True)


def test_a_plan_binds_what_a_run_binds(orders):
    options = {"name": "orders", "data_source": "orders.csv", "base": orders}
    for rules in (
        ["null", "duplicate", "range"],
        [{"unique": {"columns": "i*"}}, {"mean": {"columns": "amount", "min_value": 0}}],
        None,
    ):
        checkpoint = Checkpoint(validators=rules, **options)
        plan, result = checkpoint.plan(), checkpoint.run().validation_result
        assert list(plan.checks) == [o.id for o in result.outcomes]
        skipped = {o.id for o in result.outcomes if o.status is CheckStatus.SKIPPED}
        assert {k for k, c in plan.checks.items() if c.problem} == skipped
    learning = Checkpoint(auto_schema=True, **options)
    assert list(learning.plan().checks) == []
    assert not (orders / ".truthound").exists()
    result = learning.run().validation_result
    assert list(learning.plan().checks) == [o.id for o in result.outcomes]


def test_a_type_that_does_not_fit_is_no_mistake_where_there_are_no_values(cli, orders):
    (orders / "orders.csv").write_text("id,note\n1,\n2,\n")
    configured(orders, {"mean": {"columns": "note", "min_value": 0}}, {"expression": {"expression": "note > id"}})
    assert cli("checkpoint", "run", "orders", "--dry-run")[0] == 0
    assert cli("checkpoint", "validate")[0] == 0


def test_validate_asks_no_other_machine_and_needs_no_data(cli, orders):
    configured(orders, {"foreign_key": {"columns": "idd", "reference": "postgresql://127.0.0.1:1/x#t"}})
    assert cli("checkpoint", "validate")[::2] == (0, "")
    configured(orders, {"null": {"columns": "idd"}}, data_source="postgresql://127.0.0.1:1/x#t")
    assert cli("checkpoint", "validate")[::2] == (0, "")
    configured(orders, {"null": {"columns": "id"}}, data_source="later.csv")
    code, out, err = cli("checkpoint", "validate")
    assert (code, out) == (0, "truthound.yaml: ok: 1 checkpoint, 1 validator, 0 actions\n")
    assert err.startswith("warning: orders: its rules were not compared with its data: later.csv does not exist")


def test_a_condition_that_does_not_fit_the_types_is_told(cli, orders):
    for rule in ({"expression": {"expression": "note > id"}}, {"null": {"columns": "id", "where": "note + 1 > 0"}}):
        configured(orders, rule, "null")
        code, out, _ = cli("checkpoint", "run", "orders", "--dry-run")
        assert (code, "1 error" in out) == (3, True)


def test_a_plan_calls_no_function_of_the_user(orders):
    called = []

    def holds(frame):
        called.append(frame)
        return frame.collect()["amount"].item(0) > 0  # fails where there are no rows

    plan = Checkpoint(name="orders", data_source="orders.csv", validators=[holds]).plan()
    assert [c.problem for c in plan.checks.values()] == [None]
    assert called == []
