"""Configuration files: what they come to, and what is said about each mistake."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from truthound._internal import yaml_nodes as nodes_module
from truthound._internal.yaml_nodes import compose, locate
from truthound.checkpoint.config import json_schema, load_checkpoints, load_config
from truthound.errors import ConfigError, YamlSyntaxError
from truthound.results import CheckpointStatus

HERE = Path(__file__).parent
BAD = sorted(p.stem for p in (HERE / "bad").glob("*.yaml"))
GOOD = sorted(p.stem for p in (HERE / "good").glob("*.yaml"))
ENV = {"DATA_PATH": "data/users.csv", "RESULTS_PATH": "out"}


def written(tmp_path, text):
    path = tmp_path / "truthound.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def one(tmp_path, text, env=ENV):
    """The options of the one checkpoint whose keys these are."""
    indented = "\n".join(f"  {line}" for line in text.strip().splitlines())
    head = "" if "\n  data_source:" in f"\n{indented}" else "  data_source: a.csv\n"
    (config,) = load_config(written(tmp_path, f"checkpoints:\n- name: x\n{head}{indented}\n"), env).checkpoints
    return config


def refused(path, env=ENV):
    with pytest.raises(ConfigError) as caught:
        load_config(path, env)
    return caught.value.problems


@pytest.mark.parametrize("name", BAD)
def test_mistakes_are_told_with_their_places(name, monkeypatch):
    monkeypatch.chdir(HERE / "bad")
    golden = Path(f"{name}.errors")
    found = "\n".join(refused(f"{name}.yaml", {})) + "\n"
    if os.environ.get("TRUTHOUND_WRITE_GOLDEN") == "1":
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", GOOD)
def test_good_files_load_and_satisfy_the_schema(name):
    path = HERE / "good" / f"{name}.yaml"
    assert load_checkpoints(path, ENV)
    with path.open(encoding="utf-8") as file:
        document = json.loads(json.dumps(_as_1_2(file.read())))
    errors = [
        f"{e.json_path}: {e.message}" for e in jsonschema.Draft202012Validator(json_schema()).iter_errors(document)
    ]
    assert not errors


def _as_1_2(text):
    """What an editor, which reads YAML 1.2, sees in a document."""
    return nodes_to_values(compose(text)[0])


def nodes_to_values(node):
    match node:
        case nodes_module.Mapping():
            return {k: nodes_to_values(v) for k, (_, v) in node.pairs.items()}
        case nodes_module.Sequence():
            return [nodes_to_values(v) for v in node.items]
        case _:
            return node.value


def test_the_documents_file_comes_to_what_it_says():
    (checkpoint,) = load_checkpoints(HERE / "good" / "document.yaml", ENV)
    config = checkpoint.config
    assert checkpoint.base == HERE / "good"
    assert (config.name, config.data_source) == ("daily_data_validation", "data/production.csv")
    assert [r.type for r in config.rules] == ["null", "duplicate", "range", "regex"]
    assert config.rules[2].columns == {"age": {"min_value": 0, "max_value": 150}, "price": {"min_value": 0}}
    assert config.min_severity == "medium"
    assert config.auto_schema is True
    assert config.tags == {"environment": "production", "team": "data-platform"}
    (action,) = config.actions
    assert (action.type, action.store_path, action.partition_by) == ("store_result", "./truthound_results", "date")


def test_rules_know_their_lines():
    path = HERE / "good" / "full.yaml"
    rules = load_config(path, ENV).checkpoints[0].rules
    text = path.read_text(encoding="utf-8").splitlines()
    named = {r.location.rsplit(":", 2)[0] for r in rules}
    assert named == {str(path)}
    marks = [[int(n) for n in r.location.rsplit(":", 2)[1:]] for r in rules]
    assert all(text[line - 1][: column - 1].strip(" -") == "" for line, column in marks)
    lines = [text[line - 1] for line, _ in marks]
    assert [r.type for r in rules] == ["null", "unique", "range", "range", "length", "completeness"]
    starts = [
        "not_null: {columns: [id",
        "- {type: unique",
        "- {columns: [age]",
        '- {columns: "price',
        "- length",
        "- completeness",
    ]
    assert all(line.strip().startswith(start) for line, start in zip(lines, starts, strict=True)), lines


def test_what_yaml_would_misread_is_meant_as_written():
    first, second = load_config(HERE / "good" / "traps.yaml", ENV).checkpoints
    assert first.name == "2024"
    assert first.tags == {"version": "1.10", "on": "yes", "since": "2024-01-01", "zip": "01234", "deep": "true"}
    assert first.metadata == {
        "when": "2024-01-01", "time": "12:30", "big": "1_000", "ratio": 1.5, "n": 7, "no": "no", "nothing": None,
    }  # fmt: skip
    assert (first.pii, first.primary_key) == (("yes",), ("id",))
    nulls = [r for r in first.rules if r.type == "null"]
    assert [r.columns for r in nulls] == [None, None, ("on", "2024", "null")]
    day, country, price = first.rules[3:]
    assert (day.min_value, day.severity, day.max_fail) == ("2024-01-01", "high", 0)
    assert country.values == ("NO", "yes", "01")
    assert price.pattern == r"^\d+$"
    assert second.name == "yes"
    assert second.schema is None
    assert second.severity_thresholds == {"medium": 0.01, "critical": 0.5}


def test_defaults_lie_under_each_checkpoint():
    first, second = load_config(HERE / "good" / "full.yaml", ENV).checkpoints
    assert first.data_source == {"options": {"separator": ";"}, "path": "data/*.csv"}
    assert first.tags == {"team": "data", "env": "prod"}
    assert (first.timeout_seconds, first.min_severity) == (60.0, "low")
    assert second.data_source["path"] == "fallback.csv"
    assert (second.tags, second.rules, second.actions) == ({"team": "data"}, (), ())


def test_variables(tmp_path):
    env = {"N": "7", "EMPTY": "", "TRICK": "x: [1, 2]\n- &a ${N}", "DOLLAR": "$${N}"}
    config = one(tmp_path, """
data_source: ${TRICK}
sample_size: ${N}
examples: ${EXAMPLES:-3}
fail_on_high: ${HIGH:-true}
metadata: {a: "$${N}", b: "${EMPTY}", c: "${EMPTY:-d}", e: "100$", f: "${DOLLAR}", g: "${N}"}
""", env)  # fmt: skip
    assert config.data_source == env["TRICK"]
    assert (config.sample_size, config.examples, config.fail_on_high) == (7, 3, True)
    assert config.metadata == {"a": "${N}", "b": "", "c": "d", "e": "100$", "f": "$${N}", "g": "7"}


def test_a_shells_variables_are_the_shells(tmp_path):
    config = one(tmp_path, """
actions:
- {type: custom, shell_command: 'echo "${UNSET_HERE}"', environment: {KEY: "${N}"}}
""", {"N": "7"})  # fmt: skip
    (action,) = config.actions
    assert action.shell_command == 'echo "${UNSET_HERE}"'
    assert action.environment["KEY"].get_secret_value() == "7"


def test_values_of_variables_are_not_told(tmp_path):
    text = 'checkpoints:\n- name: x\n  data_source: "${URL}"\n  sample_size: "${URL}"\n  min_severity: "${URL}"\n  unknown: "${URL}"\n'
    problems = refused(written(tmp_path, text), {"URL": "postgresql://u:hunter2@h/d"})
    assert len(problems) == 3
    assert "hunter2" not in "\n".join(problems)


def test_passwords_are_not_shown(tmp_path):
    config = one(tmp_path, "data_source: {url: 'postgresql://u:hunter2@h/d', table: t}")
    assert "hunter2" not in repr(config)
    assert "•••@h/d" in repr(config)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p: None, "there is no such file"),
        (lambda p: p.mkdir(), "cannot be read: "),
        (lambda p: p.write_bytes(b"\xff\xfec\x00"), ":1:1: not UTF-8 text (byte 0xff); save the file as UTF-8"),
        (lambda p: p.write_bytes(b" " * ((32 << 20) + 1)), "over 32 MB"),
        (lambda p: p.write_bytes(b"a,b\n1,2\n"), ":1:1: the file is not a mapping"),
        (lambda p: p.write_bytes(b"- " * 200_000), "nested more than 100 levels deep"),
        (lambda p: p.write_bytes(b"[" * 200_000), ":1:"),  # the parser may have a limit, and words, of its own
    ],
)
def test_files_that_are_none(tmp_path, make, said):
    path = tmp_path / "truthound.yaml"
    make(path)
    (problem,) = refused(path)
    assert problem.startswith(str(path))
    assert said in problem


def test_a_byte_order_mark_and_windows_lines(tmp_path):
    path = tmp_path / "truthound.yaml"
    path.write_bytes(b"\xef\xbb\xbfcheckpoints:\r\n- name: x\r\n  data_source: a.csv\r\n  bogus: 1\r\n")
    assert refused(path) == (f"{path}:4:3: checkpoints[0].bogus: unknown key",)


def test_hostile_names_cannot_act_on_a_terminal(tmp_path):
    path = written(tmp_path, 'checkpoints:\n- name: x\n  data_source: a\n  "\\e[31mred\\u202e": 1\n')
    (problem,) = refused(path)
    assert "\x1b" not in problem
    assert "\\x1b[31mred\\u202e: unknown key" in problem


def test_relative_paths_start_from_the_files_folder(tmp_path, monkeypatch):
    (tmp_path / "conf" / "data").mkdir(parents=True)
    (tmp_path / "conf" / "data" / "a.csv").write_text("id,age\n1,5\n2,\n")
    path = tmp_path / "conf" / "truthound.yaml"
    path.write_text(
        "checkpoints:\n- name: x\n  data_source: data/a.csv\n  validators:\n  - range: {columns: age, min_value: 6, severity: critical}\n"
        "  actions:\n  - {type: store_result, store_path: out}\n"
    )
    monkeypatch.chdir(tmp_path)
    (checkpoint,) = load_checkpoints("conf/truthound.yaml")
    result = checkpoint.run()
    assert result.status is CheckpointStatus.FAILURE, result.summary()
    assert result.issues[0].location == "conf/truthound.yaml:5:5"
    assert list((tmp_path / "conf" / "out").iterdir())


def test_both_parsers_read_alike(monkeypatch):
    def values():
        return [
            nodes_to_values(compose(p.read_text(encoding="utf-8"))[0]) for p in sorted((HERE / "good").glob("*.yaml"))
        ]

    fast = values()
    monkeypatch.setattr(nodes_module, "_PARSER", yaml.SafeLoader)
    assert values() == fast
    with pytest.raises(YamlSyntaxError, match=r"U\+0007"):
        compose("é: \x07")


def test_paths_lead_to_keys_with_dots():
    root, _ = compose('a:\n  b.c: [1, {"d[0]": 2}]\n')
    pointed, reached, shown = locate(root, "a.b.c[1].d[0]")
    assert (pointed.line, pointed.column, reached.value, shown) == (2, 13, 2, ".a.b.c[1].d[0]")
    pointed, reached, shown = locate(root, "a.b.c.1.missing")
    assert (pointed.line, pointed.column, shown) == (2, 12, ".a.b.c[1].missing")


def test_many_checkpoints(tmp_path):
    text = "checkpoints:\n" + "".join(
        f"- name: c{i}\n  data_source: d/{i}.csv\n  validators: ['null', duplicate, {{range: {{columns: [a], min_value: 0, max_value: {i}}}}}]\n"
        "  actions:\n  - {type: store_result, store_path: ./r}\n"
        for i in range(1, 501)
    )
    path = written(tmp_path, text)
    assert len(load_config(path).checkpoints) == 500


def test_loading_does_not_load_the_engine():
    code = (
        "import sys; from truthound.checkpoint.config import load_checkpoints, json_schema;"
        f"assert load_checkpoints({str(HERE / 'good' / 'document.yaml')!r}); assert json_schema();"
        "assert 'polars' not in sys.modules, 'polars'"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


# --- the JSON Schema --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schema():
    made = json_schema()
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(json.loads(json.dumps(made)))


BASE = {"name": "x", "data_source": "a.csv"}


@pytest.mark.parametrize(
    "checkpoint",
    [
        {"name": "x"},
        BASE | {"validatorz": []},
        BASE | {"validators": ["nul"]},
        BASE | {"validators": [{"range": {"min_valu": 1}}]},
        BASE | {"validators": [{"range": {}, "null": {}}]},
        BASE | {"validator_config": {"between": {"mim_value": 1}}},
        BASE | {"data_source": {"pth": "a"}},
        BASE | {"examples": 1001},
        BASE | {"min_severity": "hihg"},
        BASE | {"actions": [{"type": "store_result", "partition_by": "week"}]},
        BASE | {"actions": [{"type": "slak"}]},
        BASE | {"actions": [{"store_path": "x"}]},
    ],
)
def test_the_schema_refuses(schema, checkpoint):
    assert list(schema.iter_errors({"checkpoints": [checkpoint]}))


@pytest.mark.parametrize(
    "checkpoint",
    [
        BASE,
        BASE
        | {
            "validators": [
                "null",
                None,
                {"not_null": {"columns": "a"}},
                {"type": "range", "columns": ["a"], "min_value": 0},
            ]
        },
        BASE | {"validators": [{"range": [{"columns": ["a"], "min_value": 0, "max_fail": "1%"}]}, {"null": None}]},
        BASE | {"examples": "${N}", "min_severity": "${S:-low}", "auto_schema": "${A}"},
        BASE | {"tags": {"version": 1.1}, "name": 2024},
    ],
)
def test_the_schema_accepts(schema, checkpoint):
    assert not [e.message for e in schema.iter_errors({"checkpoints": [checkpoint]})]


def test_the_schema_needs_no_data_source_where_the_defaults_have_one(schema):
    assert not list(schema.iter_errors({"defaults": {"data_source": "a"}, "checkpoints": [{"name": "x"}]}))
    assert list(schema.iter_errors({"defaults": {"name": "a", "data_source": "a"}, "checkpoints": [{"name": "x"}]}))
