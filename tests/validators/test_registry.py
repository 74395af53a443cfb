import ast
import importlib
import inspect
import pickle
import subprocess
import sys

import pytest

import truthound.validators
from helpers.checking import one
from truthound.errors import ConfigError
from truthound.validators import Null, Range, Regex
from truthound.validators.base import Validator
from truthound.validators.registry import (
    TABLE,
    TYPES,
    VALIDATORS,
    canonical,
    make_validator,
    parse_validators,
    validator_class,
)

FAMILIES = sorted({home.partition(":")[0] for home, _ in TABLE.values()})
NEEDED = {
    "column_exists": {"columns": "a"},
    "column_type": {"columns": "a", "type": "integer"},
    "compare": {"columns": ["a", "b"], "operator": "<"},
    "foreign_key": {"columns": "a", "reference": "other.csv"},
    "row_count_match": {"reference": "other.csv"},
    "aggregate_match": {"columns": "a", "function": "sum", "reference": "other.csv"},
    "functional_dependency": {"columns": "a", "determines": "b"},
    "expression": {"expression": "a > 0"},
    "sql": {"query": "SELECT * FROM data WHERE false"},
    "function": {"function": len},
}


def problems(*args, **options):
    with pytest.raises(ConfigError) as caught:
        parse_validators(*args, **options)
    return list(caught.value.problems)


# --- the table -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLE)
def test_table_and_classes_agree(name):
    cls = validator_class(name)
    assert cls.type == name
    assert getattr(truthound.validators, cls.__name__) is cls
    assert inspect.getdoc(cls)


def test_type_checkers_know_every_name():
    tree = ast.parse(inspect.getsource(truthound.validators))
    block = next(n for n in tree.body if isinstance(n, ast.If))
    differing = {a.asname for n in block.body for a in n.names} ^ set(truthound.validators.__all__)
    assert not differing, "add their imports to validators/__init__.py, under TYPE_CHECKING"


def test_every_class_is_in_the_table():
    listed = {validator_class(name) for name in TABLE}
    for family in FAMILIES:
        module = importlib.import_module(f"truthound.validators.{family}")
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if (
                issubclass(cls, Validator)
                and cls.__module__ == module.__name__
                and cls.type
                and not cls.__name__.startswith("_")
            ):
                assert cls in listed, f"{cls}: add its row to TABLE in validators/registry.py"


def test_no_word_means_two_things():
    words = [w for name, (_, aliases) in TABLE.items() for w in (name, *aliases.split())]
    assert len(words) == len(set(words)) == len(TYPES) == len(VALIDATORS)
    assert all(w == canonical(w) or canonical(w) in TABLE for w in words)


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("not_null", "null"), ("not_na", "null"), ("required", "null"), ("missing", "null"), ("unique_values", "unique"), ("distinct", "unique"),
        ("between", "range"), ("in_range", "range"), ("matches", "regex"), ("pattern", "regex"), ("one_of", "allowed_values"),
        ("isin", "allowed_values"), ("in_set", "allowed_values"), ("accepted_values", "allowed_values"), ("missing_count", "null"),
        ("duplicate_count", "duplicate"), ("relationships", "foreign_key"), ("Not-Null", "null"), (" NULL ", "null"),
        ("expect_column_values_to_not_be_null", "null"), ("ExpectColumnValuesToNotBeNull", "null"),
        ("expect_column_values_to_be_between", "range"), ("ExpectTableRowCountToBeBetween", "row_count"),
    ],
)  # fmt: skip
def test_words_of_other_tools(word, name):
    assert canonical(word) == name


def test_the_face():
    assert set(truthound.validators.__all__) <= set(dir(truthound.validators))
    for name in truthound.validators.__all__:
        assert getattr(truthound.validators, name) is not None
    assert truthound.validators.Format is truthound.validators.FormatOf
    with pytest.raises(AttributeError, match="no attribute 'Nul'"):
        truthound.validators.Nul  # noqa: B018


def test_nothing_here_imports_polars():
    code = (
        "import sys, truthound.validators as v\n"
        "from truthound.validators.registry import TABLE, validator_class, parse_validators\n"
        "parse_validators(['null', {'regex': {'patterns': {'a': 'x'}}}])\n"
        "[validator_class(n) for n in TABLE]\n"
        "assert 'polars' not in sys.modules, 'polars'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)


@pytest.mark.parametrize("name", TABLE)
def test_every_validator_is_made_by_its_name_and_survives_the_way_to_another_process(name):
    rule = make_validator(name, **NEEDED.get(name, {}))
    again = pickle.loads(pickle.dumps(rule))
    assert (type(again), again) == (type(rule), rule)
    assert parse_validators([{name: NEEDED.get(name)}]) == (rule,)


def test_the_parts_of_a_validator_survive_too():
    rule = Range(columns={"a": {"min_value": 0}}).located_at("here")
    again = pickle.loads(pickle.dumps(rule))
    assert [(v, v.location) for v in again._per_column] == [(Range("a", min_value=0).located_at("here"), "here")]


# --- what people write ---------------------------------------------------------------------------------------------


def test_the_ways_to_say_the_same():
    wanted = Range("age", min_value=0)
    ways = [
        parse_validators(["range"], {"range": {"columns": "age", "min_value": 0}}),
        parse_validators([{"range": {"columns": ["age"], "min_value": 0}}]),
        parse_validators([{"type": "between", "columns": ["age"], "min_value": 0}]),
        parse_validators([{"range": [{"columns": ["age"], "min_value": 0}]}]),
        parse_validators([{"range": {"columns": "age"}}], {"in-range": {"min_value": 0}}),
        parse_validators([Range("age", min_value=0)]),
        (make_validator("range", columns=["age"], min_value=0),),
    ]
    assert ways == [(wanted,)] * len(ways)


def test_bare_names_objects_classes_and_functions():
    def positive(frame):
        import polars as pl

        return pl.col("a") > 0

    null = Null("a")
    found = parse_validators(["null", {"null": None}, null, Null, positive])
    assert found[:4] == (Null(), Null(), null, Null())
    assert not found[0].configured
    assert one({"a": [1, -1]}, found[4]).failed == 1


def test_the_document_s_configuration():
    config = {
        "regex": {
            "patterns": {
                "email": r"^[\w.+-]+@[\w-]+\.[\w.-]+$",
                "phone": r"^(\+\d{1,3}[-.\s]?)?\(?\d{3}\)?[-.\s]?\d{3}[-.\s]?\d{4}$",
            }
        },
        "range": {"columns": {"age": {"min_value": 0, "max_value": 150}, "price": {"min_value": 0}}},
    }
    found = parse_validators(["null", "duplicate", "range", "regex"], config)
    assert [v.type for v in found] == ["null", "duplicate", "range", "regex"]
    assert one({"age": [151]}, Range(columns={"age": config["range"]["columns"]["age"]})).failed == 1


def test_a_list_means_several():
    found = parse_validators([{"range": [{"columns": "a", "min_value": 0}, {"columns": "b"}]}])
    assert found == (Range("a", min_value=0), Range("b"))
    assert parse_validators(["range"], {"range": [{"columns": "a"}, {"columns": "b"}]}) == (Range("a"), Range("b"))


def test_own_options_go_before_the_shared_ones():
    found = parse_validators(
        [{"range": {"columns": "a", "min_value": 5}}, "range"], {"range": {"min_value": 0, "severity": "high"}}
    )
    assert found == (Range("a", min_value=5, severity="high"), Range(min_value=0, severity="high"))


def test_places_are_kept():
    found = parse_validators(
        [{"range": [{"columns": "a"}, {"columns": {"b": {"min_value": 1}}}]}, "regex", Null()],
        {"regex": {"pattern": "x"}},
        locate=lambda place: f"file: {place}",
    )
    assert [v.location for v in found] == [
        "file: validators[0].range[0]",
        "file: validators[0].range[1]",
        "file: validator_config.regex",
        None,
    ]
    assert next(iter(found[1]._per_column)).location == "file: validators[0].range[1]"


def test_nothing_is_nothing():
    assert parse_validators(None) == ()
    assert parse_validators([]) == ()
    assert parse_validators(["null"], {"null": None}) == (Null(),)


def test_all_mistakes_at_once_each_with_its_place():
    found = problems(
        [
            "nul",
            {"range": {"min_valu": 0, "severity": "hgh", "columns": ["a"]}},
            {"rnge": {}},
            {"type": "rnge"},
            {"range": {"columns": {"a": {"min_value": 3, "max_value": 2}, "b": {"mx": 1}}}},
            {"format": {"columns": "a", "format": "emial"}},
            None,
            5,
            {"range": None, "columns": ["a"]},
            {None: {"columns": ["a"]}},
            {},
            {"length": [{"columns": "a"}, "b"]},
            "regex",
            {"type": None, "columns": ["a"]},
        ],
        {"regex": {"patern": "x"}, "length": None, "uniqe": {}, "null": {}, "not_null": {}, None: {}},
    )
    expected = [
        'validator_config.not_null: means the same validator as "null"; put the options in one place',
        'validator_config.None: empty; the validator of missing values is written "null", in quotes',
        'validators[0]: unknown validator "nul"; did you mean "null"?',
        "validators[1].range.severity: input should be 'low', 'medium', 'high' or 'critical'",
        'validators[1].range.min_valu: unknown key; did you mean "min_value"?',
        'validators[2].rnge: unknown validator "rnge"; did you mean "range"?',
        'validators[3].type: unknown validator "rnge"; did you mean "range"?',
        "validators[4].range.columns.a: min_value 3 is above max_value 2",
        "validators[4].range.columns.b.mx: unknown key",
        "validators[5].format.format: unknown format 'emial'",
        'validator_config.regex.patern: unknown key; did you mean "pattern"?',
        'validators[6]: empty; the validator of missing values is written "null", in quotes',
        "validators[7]: 5 is not a validator; give a name, a mapping of a name to its options, or a Validator",
        'validators[8]: one validator an entry; indent the options below "range:", or write type: range',
        'validators[9].None: empty; the validator of missing values is written "null", in quotes',
        "validators[10]: {} is not a validator",
        "validators[11].length[1]: give options, such as columns: [b]",
        "validators[11].length[0]: give min_length or max_length",
        'validators[13].type: empty; the validator of missing values is written "null", in quotes',
        'validator_config.uniqe: unknown validator "uniqe", and not in validators; did you mean "unique"?',
        'validator_config.null: not in validators; add "null" there',
    ]
    for wanted in expected:
        assert any(said.startswith(wanted) for said in found), (wanted, found)
    assert len(found) == len(expected), [said for said in found if not any(said.startswith(w) for w in expected)]


def test_the_place_of_one_pattern_among_many():
    assert problems([{"regex": {"patterns": {"a": "x", "b": "(?=x)"}}}])[0].startswith(
        "validators[0].regex.patterns.b: look-around"
    )
    assert problems(["regex"], {"regex": {"columns": {"a": {"pattern": "("}}}})[0].startswith(
        "validator_config.regex.columns.a.pattern: "
    )


def test_configuration_that_goes_nowhere():
    assert problems(["null"], {"range": {}}) == ['validator_config.range: not in validators; add "range" there']
    assert problems([Range("a")], {"between": {}}) == [
        "validator_config.between: it is listed as an object; give the options there"
    ]
    assert problems(["range"], {"range": 5}) == ["validator_config.range: give options, such as columns: [name]"]
    assert problems(["range"], {"range": {1: 2}}) == ["validator_config.range.1: 1 is not an option name"]
    assert problems(["range"], ["range"]) == ["validator_config: give a mapping of validator names to their options"]
    assert problems(["nul"], {"nul": {}}) == ['validators[0]: unknown validator "nul"; did you mean "null"?']


@pytest.mark.parametrize("wrong", ["null", {"null": {}}])
def test_a_list_is_wanted(wrong):
    assert problems(wrong)[0].startswith("validators: give a list")


def test_unknown_names_and_options_from_python():
    with pytest.raises(ConfigError, match='unknown validator "dulpicate"; did you mean "duplicate"'):
        make_validator("dulpicate")
    with pytest.raises(ConfigError, match='Regex: patern: unknown key; did you mean "pattern"'):
        Regex("a", patern="x")
    with pytest.raises(ConfigError, match="Null: columns are given twice"):
        Null("a", columns=["b"])
    with pytest.raises(ConfigError, match="leave it out for all that fit"):
        Null(columns=[])
