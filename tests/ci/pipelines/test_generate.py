"""Generated pipelines: what they say, that their systems' schemas take them, and that nothing can be injected."""

import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import truthound.checkpoint.ci as face
from helpers import pipelines
from truthound.checkpoint.ci import (
    generate_codebuild_buildspec,
    generate_drone_config,
    generate_github_workflow,
    generate_teamcity_config,
    write_ci_config,
)
from truthound.ci.models import CIPlatform
from truthound.ci.pipelines.cron import parse
from truthound.ci.pipelines.generate import TARGETS, pipeline_text, target_of
from truthound.ci.pipelines.option_problems import EXTRAS
from truthound.ci.pipelines.spec import Pipeline
from truthound.ci.pipelines.text import regex, shell
from truthound.ci.pipelines.yaml_writer import Commented, dump, scalar
from truthound.ci.platforms import PLATFORMS as RECORDS
from truthound.errors import ConfigError, StoreError

HERE = Path(__file__).parent
FULL = {
    "schedule": "*/20 6 1 * MON-FRI", "python_version": "3.13", "notify_slack": True, "strict": True, "version": "1.2.0",
    "paths": ("data/**", "my-data/*.csv"), "branches": ("main", "release/*"), "secrets": ("DATABASE_URL",), "cache": False,
    "extras": ("sql", "cloud"), "config": "checks/truthound.yaml",
}  # fmt: skip
FULL_TEAMCITY = FULL | {"schedule": "*/20 6 * * MON-FRI"}
NAMES = (
    "users", "daily users", "it's", 'say "hi"', "$HOME", "${HOME}", "$(touch pwned)", "`touch pwned`", "$$", "$",
    "${{ secrets.GITHUB_TOKEN }}", "$[[ inputs.x ]]", "$(Build.Reason)", "$[variables.x]", "<< pipeline.id >>", "<<<<", "{{ .Branch }}",
    "%env.HOME%", "%%", "%", "#{x}", "a: b # c", "- x", "*x", "&x", "!x", "|", "null", "1e3", "0o7", "12:30", "~", "=", "@x",
    "-rf", "--help", "--", "\\", "\\u0041\\n", "a\\", "'''", '"""', "'\\''", "; touch pwned; ", "&& touch pwned", "| touch pwned",
    "größe", "数据", "🚚", "::error::x", "##vso[task.complete]", "##[error]x", "##teamcity[x]", "*", "?", "[a]", "~root", "!!", "*/", "a\u00a0b",
)  # fmt: skip
SCHEMAS = {
    "github-workflows": ("github", "gitea", "forgejo"), "gitlab-ci": ("gitlab",), "circle-ci": ("circleci",),
    "azure-pipelines": ("azure",), "bitbucket-pipelines": ("bitbucket",), "travis": ("travis",), "buildkite": ("buildkite",),
    "drone-ci": ("drone",), "cloudbuild": ("cloudbuild",), "woodpecker-ci": ("woodpecker",),
}  # fmt: skip
FLAGS = {
    "gitlab-ci": ["--data-transform", "gitlab-ci"],
    "azure-pipelines": ["--data-transform", "azure-pipelines", "--regex-variant", "python"],
}
PLATFORMS = pytest.mark.parametrize("platform", TARGETS, ids=str)


def full(platform):
    return FULL_TEAMCITY if platform is CIPlatform.TEAMCITY else FULL


def validate(schema, *files):
    """With the schema that the vendor or SchemaStore publishes."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *FLAGS.get(schema, [])]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-1000:]


@pytest.fixture
def stands(tmp_path):
    """A folder to run shell commands in, with stand-ins for pip, python and truthound that note what they are given."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    note = f"#!/bin/sh\nprintf '%s\\0' \"${{0##*/}}\" \"$@\" >> '{tmp_path}/notes'; printf '\\n\\0' >> '{tmp_path}/notes'\n"
    venv = 'if [ "$2" = venv ]; then mkdir -p "$3/bin"; : > "$3/bin/activate"; fi\n'
    for name, more in {"truthound": "", "pip": "", "python": venv}.items():
        (bin_ / name).write_text(note + more)
        (bin_ / name).chmod(0o755)

    def run(script, program="sh", **variables):
        (tmp_path / "notes").write_bytes(b"")
        work = tmp_path / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        env = {
            "PATH": f"{bin_}:/usr/bin:/bin",
            "HOME": "/nowhere",
            "LC_ALL": "C.UTF-8",
            "NOTES": f"{tmp_path}/notes",
        } | variables
        done = subprocess.run(
            [program, "-e", "-c", script], cwd=work, env=env, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert not (work / "pwned").exists()
        calls = (tmp_path / "notes").read_bytes().decode().split("\0\n\0")
        return [call.split("\0") for call in calls if call]

    return run


# --- what is written --------------------------------------------------------------------------------------------------


@PLATFORMS
def test_golden(platform):
    text = pipeline_text(platform, Pipeline("daily users", **full(platform)))
    file = HERE / "golden" / f"{platform}{Path(TARGETS[platform].path).suffix or '.groovy'}"
    if os.environ.get("TRUTHOUND_WRITE_GOLDEN") == "1":
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("schema", SCHEMAS)
def test_schemas_take_them(schema, tmp_path):
    wanted = []
    for platform in SCHEMAS[schema]:
        variants = [{}, FULL, {"notify_slack": True}, {"secrets": ("A",)}, {"paths": ("data/**",)}, {"branches": ("main",)},
                    {"schedule": "0 0 * * *"}, {"cache": False}, {"extras": ()},
                    *([{"comment": True, "sarif": True, "permissions": ("statuses",)}] if platform == "github" else [])]  # fmt: skip
        texts = [pipeline_text(platform, Pipeline("users", **options)) for options in variants]
        texts += [pipeline_text(platform, Pipeline(name, **FULL | {"config": name})) for name in NAMES[::6]]
        for i, text in enumerate(texts):
            wanted.append(tmp_path / f"{platform}{i}.yml")
            wanted[-1].write_text(text, encoding="utf-8")
    validate(schema, *wanted)


@PLATFORMS
def test_only_the_command_differs_with_the_name(platform):
    """A hostile name changes no key, no list and no other text."""

    def shape(name):
        text = pipeline_text(platform, Pipeline(name, **full(platform)))
        if platform in {CIPlatform.JENKINS, CIPlatform.TEAMCITY}:
            return [line for line in text.split("\n")[1:] if "truthound checkpoint run" not in line]
        masked = pipelines.load(text)
        assert masked == yaml.safe_load(text.replace("\non:\n", '\n"on":\n'))  # YAML 1.1 and 1.2 agree on it

        def without(node):
            match node:
                case dict():
                    return {k: without(v) for k, v in node.items()}
                case list():
                    return [without(v) for v in node]
                case str() if "truthound checkpoint run" in node:
                    return [line for line in node.split("\n") if "truthound checkpoint run" not in line]
                case _:
                    return node

        return without(masked)

    expected = shape("users")
    for name in NAMES:
        assert shape(name) == expected


@PLATFORMS
def test_the_exact_name_arrives(platform, stands):
    """All of them in one shell, each in a subshell of its own; functions stand in, because programs would take long."""
    scripts = [
        pipelines.commands(platform, pipeline_text(platform, Pipeline(name, config=name, strict=True)))
        for name in NAMES
    ]
    functions = 'pip() { :; }; python() { mkdir -p "$3/bin"; : > "$3/bin/activate"; }\n'
    functions += 'truthound() { printf \'%s\\0\' truthound "$@" >> "$NOTES"; printf \'\\n\\0\' >> "$NOTES"; }\n'
    calls = stands(functions + "".join(f"(\n{script}\n)\n" for script in scripts))
    assert len(calls) == len(NAMES)
    for name, call in zip(NAMES, calls, strict=True):
        if name.startswith("-"):
            assert call == ["truthound", "checkpoint", "run", f"--config={name}", "--strict", "--", name]
        else:
            assert call == ["truthound", "checkpoint", "run", name, "--config", name, "--strict"]


@PLATFORMS
@pytest.mark.parametrize("program", ["sh", "bash"])
def test_slack_and_pins(platform, program, stands):
    pipeline = Pipeline("users", **full(platform))
    script = pipelines.commands(platform, pipeline_text(platform, pipeline))
    url = "https://hooks.slack.com/services/T/B/secret"
    plain = ["truthound", "checkpoint", "run", "users", "--config", "checks/truthound.yaml", "--strict"]
    *_, pip, last = stands(script, program, SLACK_WEBHOOK_URL=url, DATABASE_URL="x")
    assert pip == ["pip", "install", "truthound[sql,cloud]==1.2.0"]
    assert last == [*plain, "--slack", "${SLACK_WEBHOOK_URL}"]  # named, not given: truthound fills it in
    assert stands(script, program)[-1] == plain
    assert stands(script, program, SLACK_WEBHOOK_URL="")[-1] == plain


def test_a_variable_that_azure_leaves_as_written_is_no_secret(stands):
    text = pipeline_text("azure", Pipeline("users", notify_slack=True))
    calls = stands(pipelines.commands(CIPlatform.AZURE, text), SLACK_WEBHOOK_URL="$(SLACK_WEBHOOK_URL)")
    assert "--slack" not in calls[-1]
    calls = stands(pipelines.commands(CIPlatform.AZURE, text), SLACK_WEBHOOK_URL="$ecret")  # a secret may begin so
    assert "--slack" in calls[-1]


def test_truthound_takes_the_named_webhook_from_the_environment():
    from truthound.checkpoint.actions import SlackNotification

    named = SlackNotification(webhook_url="${SLACK_WEBHOOK_URL}")
    assert any("SLACK_WEBHOOK_URL" in problem for problem in named.problems({}))
    assert named.problems({"SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/x"}) == []


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40))
def test_a_word_of_a_shell_is_the_text(text):
    word = shell(text)
    assert shlex.split(word) == [text]
    assert not re.search(r"\$[^']|<<|##|::", word)


@given(st.recursive(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20) | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, min_size=1, max_size=3).filter(lambda x: not isinstance(x[0], list))
    | st.dictionaries(st.text("abc:# -", min_size=1, max_size=4), inner, min_size=1, max_size=3), max_leaves=8,
).filter(lambda x: isinstance(x, dict)))  # fmt: skip
def test_yaml_says_what_was_given(document):
    if "[[" in repr(document) or ", [" in repr(document):
        return  # lists within lists are in no pipeline
    assert pipelines.load(dump(document)) == document


def test_yaml_is_for_people():
    document = {
        "on": {"push": None},
        "script": "a\nb\n",
        "jobs": Commented("why\nso", [{"run": "pip install 'x[y]'"}, "yes", "3.12", True]),
    }
    assert dump(document) == (
        "on:\n  push:\n\nscript: |\n  a\n  b\n\n# why\n# so\njobs:\n  - run: pip install 'x[y]'\n  - 'yes'\n  - '3.12'\n  - true\n"
    )
    with pytest.raises(TypeError):
        scalar(None)


# --- what is asked for ------------------------------------------------------------------------------------------------


@PLATFORMS
def test_no_option_is_ignored(platform):
    """Each option changes the file: what it does, or a note how to set it up."""
    plain = pipeline_text(platform, Pipeline("users")).split("\n", 1)[1]
    for name, value in FULL_TEAMCITY.items():
        made = pipeline_text(platform, Pipeline("users", **{name: value})).split("\n", 1)[1]
        assert made != plain, name
        if name in {"paths", "branches", "secrets"}:
            assert value[0].split("*")[0] in made
    asked = pipeline_text(platform, Pipeline("users", schedule="5 6 * * *"))
    written = {CIPlatform.TEAMCITY: 'hours = "6"', CIPlatform.CODEBUILD: "cron(5 6 * * ? *)"}
    assert written.get(platform, "5 6 * * *") in asked


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"checkpoint_name": ""}, "checkpoint_name: give a text"),
        ({"checkpoint_name": "a\nb"}, "checkpoint_name: it contains U+000A"),
        ({"checkpoint_name": "a\u202eb"}, "U+202E"),
        ({"checkpoint_name": "a\ud800b"}, "U+D800"),
        ({"checkpoint_name": "a\uffffb"}, "U+FFFF"),
        ({"checkpoint_name": None}, "checkpoint_name: give a text"),
        ({"config": "a\r.yaml"}, "config: it contains U+000D"),
        ({"schedule": "0 0 * *"}, "five fields"),
        ({"schedule": "@daily"}, "@daily"),
        ({"schedule": "0 0 * * *\n"}, None),
        ({"schedule": "60 0 * * *"}, 'minute: "60" is not valid; use 0 to 59'),
        ({"schedule": "0 0 * * FOO"}, "SUN to SAT"),
        ({"schedule": "0 0 30 2 *"}, "never comes"),
        ({"schedule": "0 0 */0 * *"}, "a step is 1 or more"),
        ({"schedule": "0 0 5/2 * *"}, "a step"),
        ({"schedule": "0 5-1 * * *"}, "hour: "),
        ({"schedule": "0 0 L * *"}, "day of the month"),
        ({"schedule": "0 0 */2 * 1"}, "*/2 beside the other kind of days"),
        ({"schedule": "0 0 1 * */2"}, "*/2 beside the other kind of days"),
        ({"schedule": "0 0 5,* * 1"}, "5,* beside the other kind of days"),
        ({"schedule": "0 0 1 * 7,*"}, "7,* beside the other kind of days"),
        ({"schedule": "0 0 1 * 1-3,*/1"}, "1-3,*/1 beside the other kind of days"),
        ({"schedule": "0 0 5,* * *"}, None),
        ({"schedule": "0 0 1-31/2 * 1"}, None),
        ({"schedule": "0 0 */2 * *"}, None),
        ({"schedule": "0 0 * * ', x: '"}, "five fields"),
        ({"python_version": "3"}, "python_version"),
        ({"python_version": 3.12}, "in quotes"),
        ({"python_version": "3.12; rm"}, "python_version"),
        ({"python_version": "3.9"}, "needs Python 3.11"),
        ({"version": "latest"}, "version"),
        ({"version": "1.0' x"}, "version"),
        ({"extras": ("sqll",)}, 'did you mean "sql"?'),
        ({"extras": "all"}, "extras: give a list"),
        ({"paths": "data/**"}, "paths: give a list"),
        ({"paths": ("/data",)}, "paths"),
        ({"paths": ("../data",)}, "paths"),
        ({"paths": ("!data",)}, "paths"),
        ({"paths": ("./data/**",)}, "paths"),
        ({"paths": ("data/",)}, "paths"),
        ({"paths": ("data//users.csv",)}, "paths"),
        ({"paths": ("my data",)}, "paths"),
        ({"paths": ("${{ x }}",)}, "paths"),
        ({"paths": ("a\n",)}, "paths"),
        ({"branches": ("a b",)}, "branches"),
        ({"branches": ("main/",)}, "branches"),
        ({"branches": ("a//b",)}, "branches"),
        ({"branches": ('a"b',)}, "branches"),
        ({"branches": ("$(x)",)}, "branches"),
        ({"branches": (3,)}, "branches: give a list"),
        ({"secrets": ("a-b",)}, "secrets"),
        ({"secrets": ("1A",)}, "secrets"),
        ({"secrets": ("GITHUB_TOKEN",)}, "none of the system's own"),
        ({"secrets": ("PATH",)}, "none of the system's own"),
        ({"strict": "no"}, "strict: give True or False"),
        ({"notify_slack": 1}, "notify_slack: give True or False"),
        ({"cache": 0}, "cache: give True or False"),
        ({"python_version": 3.12}, "python_version: 3.12 is not a version"),
        ({"paths": 5}, "paths: give a list"),
        ({"paths": {"a": 1}}, "paths: give a list"),
        ({"secrets": None}, "secrets: give a list"),
        ({"extras": None}, "extras: give a list"),
        ({"schedule": 5}, "schedule: give a text of five fields, not 5"),
        ({"schedule": b"0 0 * * *"}, "schedule: give a text of five fields"),
        ({"config": None}, "config: give the path of a file, not None"),
        ({"every": True}, "leave the name out"),
        ({"permissions": ("contents",)}, 'permissions: "contents" is not one of'),
        ({"default_branch": "a b"}, "branches"),
        ({"sarif": 1}, "sarif: give True or False"),
        ({"checkpoint_name": "x" * 1001}, "checkpoint_name: it has more than 1,000 characters"),
    ],
)
def test_mistakes(options, said):
    options = {"checkpoint_name": "users"} | options
    if said is None:
        generate_github_workflow(**options)
        return
    with pytest.raises(ConfigError) as error:
        generate_github_workflow(**options)
    assert said in str(error.value)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(ConfigError) as error:
        generate_github_workflow("", schedule="x", python_version="2", paths="x", secrets=("a b",))
    assert len(error.value.problems) == 5


def test_an_unknown_argument_is_an_error():
    with pytest.raises(TypeError, match="shedule"):
        generate_github_workflow("users", shedule="0 0 * * *")
    with pytest.raises(TypeError, match="shedule"):
        write_ci_config("github", checkpoint_name="users", shedule="0 0 * * *")
    assert list(inspect.signature(generate_github_workflow).parameters)[:3] == ["checkpoint_name", "config", "schedule"]


def test_extras_are_those_of_the_package():
    from importlib.metadata import metadata

    assert set(EXTRAS) == set(metadata("truthound").get_all("Provides-Extra")) - {"test", "lint"}


@pytest.mark.parametrize(
    ("text", "written", "listed"),
    [
        ("0 0 * * *", "0 0 * * *", "0 0 * * *"),
        ("*/20  6 1 * MON-FRI", "*/20 6 1 * 1-5", "0,20,40 6 1 * 1,2,3,4,5"),
        ("0 0 * jan,Dec 7", "0 0 * 1,12 0", "0 0 * 1,12 0"),
        ("0 0 * * 5-7", "0 0 * * 0,5,6", "0 0 * * 0,5,6"),
        ("*/1 0 29 2 *", "* 0 29 2 *", "* 0 29 2 *"),
        ("*,5 0 *,3 * 1", "* 0 * * 1", "* 0 * * 1"),
        ("1-9/3,30 0 * * */2", "1-9/3,30 0 * * */2", "1,4,7,30 0 * * 0,2,4,6"),
    ],
)
def test_schedules(text, written, listed):
    cron = parse(text)
    assert (str(cron), cron.listed) == (written, listed)
    assert parse(written) == cron


def test_teamcity_cannot_join_days():
    with pytest.raises(ConfigError, match="days of the week"):
        generate_teamcity_config("users", schedule="0 0 1 * MON")
    assert 'dayOfWeek = "SUN,MON"' in generate_teamcity_config("users", schedule="0 0 * * 0,1")
    assert 'dayOfMonth = "1"' in generate_teamcity_config("users", schedule="0 0 1 * *")


def test_patterns_as_regular_expressions():
    assert regex("release/*") == r"/^release\/[^\/]*$/"
    assert regex("v1.**") == r"/^v1\..*$/"


def test_least_permissions():
    for platform in ("github", "gitea", "forgejo"):
        made = pipelines.load(pipeline_text(platform, Pipeline("users", **FULL)))
        assert made["permissions"] == {"contents": "read"}
        checkout = made["jobs"]["data-quality"]["steps"][0]
        assert checkout["with"] == {"persist-credentials": False}
        used = [s["uses"] for s in made["jobs"]["data-quality"]["steps"] if "uses" in s]
        assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", u) for u in used)
        assert "pull_request_target" not in made["on"]


def test_the_token_may_do_what_is_asked_and_no_more():
    def job(**options):
        return pipelines.load(generate_github_workflow("users", **options))["jobs"]["data-quality"]

    assert "permissions" not in job()
    assert "env" not in job()["steps"][3]
    assert job(comment=True)["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert job(permissions=("statuses", "checks"))["permissions"] == {
        "contents": "read", "statuses": "write", "checks": "write",
    }  # fmt: skip
    made = job(sarif=True)
    assert made["permissions"] == {"contents": "read", "security-events": "write", "actions": "read"}
    assert made["steps"][4]["with"] == {"sarif_file": "truthound.sarif"}
    assert "--sarif truthound.sarif" in made["steps"][3]["run"]
    assert "env" not in made["steps"][3]
    for options in ({"comment": True}, {"permissions": ("checks",)}, {"token": True}):
        assert job(**options)["steps"][3]["env"] == {"GITHUB_TOKEN": "${{ github.token }}"}
    for platform in TARGETS:
        if platform is not CIPlatform.GITHUB:
            with pytest.raises(ConfigError, match="comment: available for GitHub Actions only"):
                pipeline_text(platform, Pipeline("users", comment=True, sarif=True))


def test_what_a_workflow_uses_is_pinned_with_its_version_behind():
    text = generate_github_workflow("users", sarif=True)
    assert len(re.findall(r"uses: [\w/-]+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+\n", text)) == text.count("uses:") == 4


@PLATFORMS
def test_every_checkpoint_of_a_file(platform, stands):
    text = pipeline_text(platform, Pipeline(every=True, config="it's.yaml", strict=True))
    assert stands(pipelines.commands(platform, text))[-1] == [
        "truthound", "checkpoint", "run", "--all", "--config", "it's.yaml", "--strict",
    ]  # fmt: skip


TWICE = {
    "github": lambda d: d["on"]["push"]["branches"], "gitea": lambda d: d["on"]["push"]["branches"],
    "azure": lambda d: d["trigger"]["branches"]["include"], "bitbucket": lambda d: list(d["pipelines"]["branches"]),
    "travis": lambda d: re.findall(r"branch = \"?([\w-]+)", d["if"]), "woodpecker": lambda d: d["when"][0]["branch"],
    "drone": lambda d: [r.removeprefix("refs/heads/") for r in d["trigger"]["ref"]["include"] if "heads" in r],
}  # fmt: skip


@pytest.mark.parametrize("platform", TWICE)
def test_a_push_to_a_pull_request_runs_once(platform):
    for options, branches in (
        ({}, ["main", "master"]),
        ({"default_branch": "trunk"}, ["trunk"]),
        ({"branches": ["x-1"]}, ["x-1"]),
    ):
        made = pipelines.load(pipeline_text(platform, Pipeline("users", **options)))
        assert TWICE[platform](made) == branches
        assert "default" not in made.get("pipelines", {})


@pytest.mark.parametrize(
    ("config", "own"),
    [
        ("truthound.yaml", "truthound.yaml"), ("./conf/a.yaml", "conf/a.yaml"), ("it's my.yaml", "it*s*my.yaml"), ("-x.yaml", "*x.yaml"),
        ("/etc/a.yaml", None), ("../a.yaml", None),
    ],
)  # fmt: skip
def test_the_configuration_is_watched_too(config, own):
    assert Pipeline("users", config=config, paths=("data/**",)).watched == ("data/**", *([own] if own else []))
    assert Pipeline("users", config=config).watched == ()


# --- files ------------------------------------------------------------------------------------------------------------


@PLATFORMS
def test_written_where_the_system_reads_it(platform, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = write_ci_config(platform.value, checkpoint_name="users", strict=True)
    assert made == Path(TARGETS[platform].path)
    assert made.read_text("utf-8") == pipeline_text(platform, Pipeline("users", strict=True))
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [tmp_path / made]


def test_the_documented_calls(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = {"schedule": "0 0 * * *", "notify_slack": True, "python_version": "3.11"}
    assert "cron: '0 0 * * *'" in generate_github_workflow(checkpoint_name="daily_data_validation", **options)
    for name, path in {
        "github": ".github/workflows/data-quality.yml",
        "gitlab": ".gitlab-ci.yml",
        "jenkins": "Jenkinsfile",
    }.items():
        assert write_ci_config(name, checkpoint_name="daily_data_validation") == Path(path)
    twelve = [name for name in face.__all__ if name.startswith("generate_")]
    assert len(twelve) == 12
    assert all("users" in getattr(face, name)("users") for name in twelve)


def test_nothing_of_others_is_written_over(tmp_path):
    path = tmp_path / "ci.yml"

    def write(**options):
        return write_ci_config("github", checkpoint_name="users", path=path, **options)

    path.write_text("mine\n")
    with pytest.raises(ConfigError, match="was not written by truthound"):
        write()
    assert path.read_text() == "mine\n"
    write(force=True)
    write(strict=True)  # as it was written: it may be written anew
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    write()  # Git may change the ends of lines
    path.write_text(path.read_text().replace("30", "60"))
    with pytest.raises(ConfigError, match="was edited since truthound wrote it"):
        write()
    assert "60" in path.read_text()
    write(force=True)
    assert "60" not in path.read_text()
    folder = tmp_path / "folder"
    folder.mkdir()
    for force in (False, True):
        with pytest.raises(ConfigError, match="is a folder"):
            write_ci_config("github", checkpoint_name="users", path=folder, force=force)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="was not written by truthound"):
        write()


def test_systems_by_the_names_people_use():
    assert target_of("Azure Pipelines")[0] is CIPlatform.AZURE
    assert target_of("GitHub Actions")[0] is CIPlatform.GITHUB
    with pytest.raises(ConfigError, match="no pipeline is written for a CI system"):
        target_of("generic")
    with pytest.raises(ConfigError, match='did you mean "gitlab"'):
        target_of("gitlb")


# --- what the run leaves ----------------------------------------------------------------------------------------------

FOLDERS = {CIPlatform.BITBUCKET: "test-results/", CIPlatform.CIRCLECI: "artifacts"}
"""what is published whole"""


@PLATFORMS
def test_the_files_that_a_run_leaves_are_published(platform):
    text = pipeline_text(platform, Pipeline("users"))
    known = {
        p: {file for _, file in row.reporting.files} for p, row in RECORDS.items() if p is not CIPlatform.WOODPECKER
    }
    own = known.get(platform, set())  # Woodpecker has no artifacts
    assert all(file in text or FOLDERS[platform] in text for file in own)
    assert not [file for file in set().union(*known.values()) - own if file in text]


@pytest.mark.parametrize(
    ("schedule", "events"),
    [
        ("0 6 * * 1-5", ["cron(0 6 ? * MON,TUE,WED,THU,FRI *)"]),
        ("*/20 6 1 * *", ["cron(0,20,40 6 1 * ? *)"]),
        ("5 * * 1-3 *", ["cron(5 * * 1-3 ? *)"]),
        ("0 5 * 3,* *", ["cron(0 5 * 1,2,3,4,5,6,7,8,9,10,11,12 ? *)"]),
        ("0 6 13 * 5", ["cron(0 6 13 * ? *)", "cron(0 6 ? * FRI *)"]),
    ],
)
def test_schedules_of_eventbridge(schedule, events):
    assert list(parse(schedule).events) == events
    notes = generate_codebuild_buildspec("users", schedule=schedule)
    assert [line for line in notes.splitlines() if "EventBridge" in line] == [
        f"# Schedule: a rule of EventBridge that starts the project at {event} (UTC)" for event in events
    ] + ["# A day that both rules mean has two builds: EventBridge cannot join them."] * (len(events) > 1)


@pytest.mark.parametrize("force", [False, True])
def test_what_is_no_ordinary_file_is_left_alone(tmp_path, force):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ConfigError, match="is not a regular file"):
        write_ci_config("github", checkpoint_name="users", path=pipe, force=force)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(StoreError, match="cannot be read"):
        write_ci_config("github", checkpoint_name="users", path=loop, force=force)
    with pytest.raises(StoreError, match="File name too long"):
        write_ci_config("github", checkpoint_name="users", path=tmp_path / ("x" * 300), force=force)


@pytest.mark.parametrize(
    ("platform", "options", "said"),
    [
        ("github", {"path": 5}, "path: give the path of a file, not 5"),
        ("github", {"path": b"x"}, "path: give the path of a file"),
        ("github", {"path": "a\0b"}, "path: give the path of a file"),
        ("github", {"force": "no"}, "force: give True or False"),
        (["github"], {}, "is not a CI system"),
    ],
)
def test_arguments_of_other_types(tmp_path, monkeypatch, platform, options, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=said):
        write_ci_config(platform, checkpoint_name="users", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_command_in_a_note_is_on_one_line():
    assert "\n# drone cron add OWNER/REPOSITORY data-quality '0 0 6 * * 1-5'\n" in generate_drone_config(
        "users", schedule="0 6 * * 1-5"
    )
