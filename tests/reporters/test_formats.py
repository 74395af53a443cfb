import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from helpers.made_results import CLEAN, EMAIL, FAILING, HOSTILE, UNREADABLE, run
from truthound._internal.escape import neutralize_ci_commands
from truthound.reporters import FORMATS
from truthound.reporters.json_yaml import dump_yaml
from truthound.reporters.markdown import markdown
from truthound.results import CheckpointResult, Example

GOLDEN = Path(__file__).parent / "golden"
ALL = [FAILING, CLEAN, UNREADABLE, HOSTILE]


def test_the_table_of_formats():
    assert next(iter(FORMATS)) == "console"
    assert all(isinstance(function(FAILING), str) for function in FORMATS.values())
    assert "xml" not in FORMATS


def test_every_format_is_described():
    page = Path(__file__).parents[2] / "docs" / "formats.md"
    described = {
        word
        for line in page.read_text("utf-8").splitlines()
        for word in re.findall(r"`(\w+)`", line[: line.find("|", 1)])
    }
    assert not set(FORMATS) - described, "add their rows to the table in docs/formats.md"


@pytest.mark.parametrize("name", ["markdown", "junit", "codequality"])
@pytest.mark.parametrize(
    ("values", "told"), [((("a", 2), ("b", 1)), "a (2 times), b (1 time)"), ((("a", 1), ("b", 1)), "")]
)
def test_values_that_each_occur_once_occur_not_most_often(name, values, told):
    text = FORMATS[name](run(replace(EMAIL, top_values=values), ci_examples="rows"))
    assert ("most often" in text) is bool(told)
    assert told in text


def test_yaml_in_a_log_is_no_command_and_says_the_same():
    texts = [
        "null:##vso[x]y",
        "a\n\n::error::x",
        "w " * 60 + "::error::x",
        "travis_fold:start:x",
        "\\##[x]",
        "é\x85##[x]",
        "3",
    ]
    data = {"list": texts, **{t: {t: t} for t in texts}, "number": 3, "none": None}
    made = dump_yaml(data)
    assert yaml.safe_load(made) == data
    assert neutralize_ci_commands(made) == made


@pytest.mark.parametrize("result", ALL)
@pytest.mark.parametrize(("name", "load"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_programs_read_back_what_was_written(name, load, result):
    assert CheckpointResult.from_dict(load(FORMATS[name](result))) == result
    assert [CheckpointResult.from_dict(r) for r in load(FORMATS[name]([result]))] == [result]


def test_json_holds_numbers_that_json_has_not():
    odd = replace(EMAIL, observed=float("nan"), examples=(Example(1, {"x": float("inf")}),))
    text = FORMATS["json"](run(odd))
    assert json.loads(text, parse_constant=pytest.fail)["validation_result"]["outcomes"][0]["observed"] == "NaN"


@pytest.mark.parametrize(
    ("name", "results"), [("failing.md", FAILING), ("several.md", [CLEAN, UNREADABLE]), ("hostile.md", HOSTILE)]
)
def test_markdown_golden(name, results):
    assert markdown(results) == (GOLDEN / name).read_text(encoding="utf-8")


def test_data_formats_hide_nothing_from_a_terminal():
    for name in ("json", "yaml"):
        text = FORMATS[name](HOSTILE)
        assert not {"\x1b", "\u202e"} & set(text)
        assert "\\u202e" in text.replace("\\u202E", "\\u202e")
    assert "ü" in FORMATS["json"](replace(CLEAN, checkpoint_name="ü"))
    assert "ü" in FORMATS["yaml"](replace(CLEAN, checkpoint_name="ü"))


def test_markdown_keeps_hostile_text_in_its_cell():
    lines = markdown(HOSTILE).splitlines()
    assert not [line for line in lines if "<b>" in line.replace(r"\<b\>", "")]
    table = lines[lines.index("| --- | --- | --- | --- | --- |") - 1 :][:4]
    assert all(row.replace(r"\|", "").count("|") == 6 for row in table)


def test_markdown_folds_wide_tables():
    wide = replace(EMAIL, examples=(Example(1, {f"c{i}": i for i in range(30)}),))
    assert "and 18 more columns" in markdown(run(wide))


def test_reporters_load_no_engine():
    code = "import sys, truthound.reporters as r; [r.FORMATS[n] for n in r.FORMATS]; sys.exit('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_half_a_character_does_not_keep_yaml_from_being_written():
    data = {"name": "a\ud800b", "more": ["ü", "##vso[x]"]}
    made = dump_yaml(data)
    made.encode()
    assert "##vso[" not in made
    assert yaml.load(made, Loader=yaml.SafeLoader) == data
