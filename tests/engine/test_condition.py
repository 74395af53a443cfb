"""Conditions: parsed once, resolved against columns once."""

import pickle

import pytest
from pydantic import TypeAdapter
from sqlglot import exp

from truthound.engine.condition import Condition
from truthound.errors import UnknownColumnError


def names(condition):
    return [c.name for c in condition.tree.find_all(exp.Column)]


def test_a_condition_is_its_text():
    condition = Condition("Price > 0 AND paid <= PRICE")
    assert condition == "Price > 0 AND paid <= PRICE"
    assert hash(condition) == hash("Price > 0 AND paid <= PRICE")
    assert condition.columns is None
    resolved = condition.resolve(["price", "paid", "x"])
    assert (resolved, resolved.columns) == (condition, {"price", "paid"})


def test_names_are_matched_exactly_else_by_case():
    assert sorted(names(Condition("A = a AND B").resolve(["a", "A", "b"]))) == ["A", "a", "b"]
    with pytest.raises(UnknownColumnError, match="differ from it in case only"):
        Condition("ab > 1").resolve(["Ab", "aB"])
    with pytest.raises(UnknownColumnError, match='no column is called "pric"; did you mean "price"'):
        Condition("pric > 1").resolve(["price"])


def test_the_table_may_stand_before_a_column_and_fields_behind_it():
    tree = Condition("Data.S.f.g > 0").resolve(["s"]).tree
    assert isinstance(tree.this, exp.Dot)
    assert names(Condition("data.s.f > 0").resolve(["s"])) == ["s"]
    assert Condition("data.x > 0").resolve(["data"]).columns == {"data"}


def test_a_condition_that_is_a_column():
    assert Condition("ACTIVE").resolve(["active"]).tree.sql() == "active"


def test_resolving_again_changes_nothing_and_the_parsed_tree_stays():
    condition = Condition("A > 1")
    resolved = condition.resolve(["a"])
    assert resolved.resolve(["other"]) is resolved
    assert names(condition) == ["A"]


def test_columns_that_are_calculated_with():
    condition = Condition("a + 1 > 0 AND b > 3 AND c <= d AND e IS NULL").resolve("abcde")
    assert condition.calculated() == {"a", "c", "d"}


def test_it_goes_to_another_process_as_text():
    copied = pickle.loads(pickle.dumps(Condition("a > 1").resolve(["a"])))
    assert (type(copied), copied, copied.columns) == (Condition, "a > 1", None)


def test_an_option_of_this_type_is_text_in_files():
    adapter = TypeAdapter(Condition)
    assert adapter.json_schema() == {"type": "string"}
    assert type(adapter.dump_python(adapter.validate_python("a > 1"))) is str
    with pytest.raises(ValueError, match="is not a SQL expression"):
        Condition("a >")
