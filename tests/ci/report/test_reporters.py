"""Runs told to each CI system: golden files, others' parsers, hostile texts, limits, and what happens when a part fails."""

import io
import json
import os
import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import junitparser
import pytest
from teamcity.messages import escape_value

from helpers.ci_results import ALL
from helpers.hostile import TEXTS, many_issues
from helpers.loopback import Answer, serving
from helpers.made_results import CLEAN, FAILING, UNREADABLE, earlier, outcome, run
from truthound.ci.models import CIPlatform
from truthound.ci.platforms import PLATFORMS, bitbucket, teamcity
from truthound.ci.report import perform
from truthound.ci.report.step_values import variable
from truthound.errors import ConfigError
from truthound.io import flow
from truthound.reporters import FORMATS, ci, wording
from truthound.reporters.annotations import CIAnnotation, issue_annotations, limited, status_annotation
from truthound.reporters.codequality import codequality
from truthound.reporters.exit_codes import Exit, exit_of
from truthound.reporters.sarif import sarif
from truthound.results import CheckStatus, Example, Severity

GOLDEN = Path(__file__).parent / "golden"
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
AGENT = """#!/bin/sh
n=$(ls {log} | wc -l)
mkdir {log}/$n
printf '%s\\n' "$@" > {log}/$n/arguments
cat > {log}/$n/text
exit {code}
"""
TWELVE = list(CIPlatform)[:12]


class Log(io.StringIO):
    encoding = "utf-8"


@pytest.fixture
def build(tmp_path, monkeypatch):
    """A folder that a build works in, and the variables of all systems that name files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "agent").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'agent'}:{os.environ['PATH']}")
    agent(tmp_path)
    return {
        "GITHUB_STEP_SUMMARY": "summary.md",
        "GITHUB_OUTPUT": "outputs.txt",
        "BASH_ENV": "bash.env",
        "BUILDER_OUTPUT": str(tmp_path),
        "DRONE_CARD_PATH": "card.json",
        "AGENT_TEMPDIRECTORY": str(tmp_path),
    }


def agent(folder, code=0):
    program = folder / "agent" / "buildkite-agent"
    (folder / "agent.log").mkdir(exist_ok=True)
    program.write_text(AGENT.format(log=folder / "agent.log", code=code))
    program.chmod(0o755)


def given(folder):
    """What the agent was given: arguments and text, call after call."""
    calls = sorted((folder / "agent.log").iterdir(), key=lambda p: int(p.name))
    return [((c / "arguments").read_text().splitlines(), (c / "text").read_text()) for c in calls]


def reporter(platform, env, **options):
    log = Log()
    return ci.get_ci_reporter(platform, environ=env, stream=log, clock=lambda: NOON, **options), log


def told(folder, log):
    """Everything that was written, with what is random or of this machine named."""
    files = [p for p in folder.rglob("*") if p.is_file() and p.parent.name != "agent"]
    parts = [f"=== {path.relative_to(folder).as_posix()}\n{path.read_text('utf-8')}" for path in files]
    parts = [
        re.sub(r"-[0-9a-f]{8}\.md", "-XXXXXXXX.md", re.sub(r"truthound_[0-9a-f]{32}", "truthound_X", p)) for p in parts
    ]
    shown = re.sub(r"-[0-9a-f]{8}\.md", "-XXXXXXXX.md", log.getvalue().replace(str(folder), "/build"))
    return "\n".join([f"=== log\n{shown}", *sorted(parts)])


# --- what is written --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", TWELVE)
def test_golden(platform, build, tmp_path):
    face, log = reporter(platform, build)
    assert face.report_to_ci([FAILING, CLEAN], earlier(email=80, unique=4)) == 1
    text = told(tmp_path, log)
    golden = GOLDEN / f"{platform.value}.txt"
    if os.environ.get("TRUTHOUND_WRITE_GOLDEN"):
        golden.write_text(text, "utf-8", newline="")
    assert text == golden.read_bytes().decode()


def test_the_twelve_names_are_the_classes_of_their_platforms():
    assert len(TWELVE) == 12
    classes = {type(ci.get_ci_reporter(p, environ={})).__name__ for p in TWELVE}
    assert classes == {
        "GitHubActionsReporter", "GitLabCIReporter", "JenkinsReporter", "CircleCIReporter", "AzureDevOpsReporter",
        "BitbucketPipelinesReporter", "TravisCIReporter", "TeamCityReporter", "BuildkiteReporter", "DroneReporter",
        "CodeBuildReporter", "CloudBuildReporter",
    }  # fmt: skip
    assert all(getattr(ci, name) for name in classes)


def test_the_reporter_is_that_of_the_system_that_is_detected():
    assert ci.get_ci_reporter(environ={"GITLAB_CI": "true"}).platform is CIPlatform.GITLAB
    assert ci.get_ci_reporter(environ={}).platform is CIPlatform.LOCAL
    assert ci.get_ci_reporter(environ={"CI": "true"}).platform is CIPlatform.GENERIC
    assert ci.get_ci_reporter("GitHub Actions", environ={}).platform is CIPlatform.GITHUB
    with pytest.raises(ConfigError, match="github"):
        ci.get_ci_reporter("githob")
    with pytest.raises(TypeError, match="colour"):
        ci.get_ci_reporter("github", colour=True)


@pytest.mark.parametrize("platform", list(CIPlatform))
def test_every_platform_takes_every_result(platform, build):
    for results, code in (
        (FAILING, 1),
        (CLEAN, 0),
        (UNREADABLE, 3),
        ([FAILING, UNREADABLE], 3),
        ([], 3),
        (many_issues(40), 1),
    ):
        face, log = reporter(platform, build)
        assert face.report_to_ci(results) == code
        face.report_status(CLEAN)
        assert "PASSED" in log.getvalue()


def test_exit_codes(build):
    low = run(outcome("range", "a", CheckStatus.WARNED, severity=Severity.LOW, failed=1, total=2))
    assert reporter("github", build)[0].report_to_ci(low) == 0
    assert reporter("github", build, strict=True)[0].report_to_ci(low) == 1
    assert reporter("github", build)[0].report_to_ci([]) == 3  # nothing ran: that is no success


WARNS = run(outcome("range", "a", CheckStatus.WARNED, severity=Severity.LOW, failed=1, total=2, hidden=True))
UNDELIVERED = replace(CLEAN, action_results=FAILING.action_results)
MISTAKEN = replace(
    UNREADABLE, error='truthound.yaml:3:5: checkpoints[0]: no "x"\ntruthound.yaml:9:1: y', error_type="ConfigError"
)


@pytest.mark.parametrize("result", [*ALL, WARNS, WARNS.strict(), UNDELIVERED, MISTAKEN])
def test_the_exit_code_and_the_reports_agree_on_what_fails(result):
    assert (exit_of(result) is not Exit.OK) == wording.fails(result)
    if result.validation_result:
        assert (exit_of(result, strict=True) is not Exit.OK) == wording.fails(result.strict())


SHOWN = {
    "github": r"^::error ", "gitea": r"^::error ", "azure": r"logissue type=error;", "teamcity": r"testFailed|buildProblem",
    "buildkite": r"<(failure|error) ", "jenkins": r'"level": "error"', "gitlab": r"<(failure|error) ",
    "circleci": r"<(failure|error) ", "bitbucket": r"<(failure|error) ", "codebuild": r"<(failure|error) ",
}  # fmt: skip


@pytest.mark.parametrize("platform", SHOWN)
@pytest.mark.parametrize("result", [WARNS, UNDELIVERED, MISTAKEN], ids=["strict", "undelivered", "mistaken"])
def test_what_fails_the_run_is_a_failure_in_every_report(platform, result, build, tmp_path):
    face, log = reporter(platform, build, strict=True)
    assert face.report_to_ci(result) != 0
    text = told(tmp_path, log)
    assert re.search(SHOWN[platform], text, re.MULTILINE), text
    assert (
        "warning" not in text.lower().replace("0 warnings", "").replace("truthound_warned", "") or result is not WARNS
    )
    if platform == "buildkite":
        assert "error" in given(tmp_path)[0][0]
    assert bitbucket.body(result.strict(), face.environment)["result"] == "FAILED"
    assert "FAILED" in [m["result"] for m in bitbucket.marks(result.strict())]
    assert status_annotation(result.strict()).level == "error"


def test_each_mistake_of_a_configuration_is_shown_at_its_place():
    first, second = issue_annotations([MISTAKEN])
    assert (first.file, first.line, first.column, first.message) == (
        "truthound.yaml", 3, 5, 'error: checkpoints[0]: no "x"',
    )  # fmt: skip
    assert (second.line, second.column, second.title) == (9, 1, "users: configuration")
    (suite,) = junitparser.JUnitXml.fromstring(FORMATS["junit"]([MISTAKEN]).encode())
    assert (suite.errors, [c.result[0].type for c in suite]) == (2, ["ConfigError", "ConfigError"])
    assert "truthound.yaml:9:1: y" in FORMATS["markdown"](MISTAKEN)


def test_what_is_switched_off_is_not_written(build, tmp_path):
    face, log = reporter("github", build, step_summary=False, set_output=False, annotations=False, use_groups=False)
    face.report_to_ci([FAILING, CLEAN])
    assert not (tmp_path / "summary.md").exists()
    assert not (tmp_path / "outputs.txt").exists()
    assert "::" not in log.getvalue()
    face, log = reporter("gitlab", build, files=False)
    face.report_to_ci(FAILING)
    assert not (tmp_path / "truthound-junit.xml").exists()
    face, _ = reporter("github", build, emoji_enabled=False, include_examples=False)
    face.report_to_ci(FAILING)
    assert (tmp_path / "summary.md").read_text().startswith("## users: FAILED")
    assert "<details>" not in (tmp_path / "summary.md").read_text()


@pytest.mark.parametrize("platform", ["local", "generic"])
def test_where_nobody_looks_nothing_but_the_report_is_written(build, tmp_path, platform):
    before = set(tmp_path.rglob("*"))
    face, log = reporter(platform, {})
    assert face.report_to_ci(FAILING) == 1
    assert "TRUTHOUND_" not in log.getvalue()
    assert set(tmp_path.rglob("*")) == before
    face.set_output("total_issues", 4)
    told = (tmp_path / "truthound.env").read_text() if platform == "generic" else log.getvalue()
    assert told.endswith("TRUTHOUND_TOTAL_ISSUES=4\n")


# --- annotations ------------------------------------------------------------------------------------------------------


def test_the_reference_document_s_annotation():
    a = CIAnnotation(
        "Null values exceed threshold (15% > 5%)", "error", "data/users.csv", 42, title="Data Quality Issue"
    )
    made = ci.GitHubActionsReporter(environ={}).format_annotation(a)
    assert (
        made == "::error file=data/users.csv,line=42,title=Data Quality Issue::Null values exceed threshold (15% > 5%)"
    )
    assert ci.JenkinsReporter(environ={}).format_annotation(a) == (
        "error: data/users.csv:42: Data Quality Issue: Null values exceed threshold (15% > 5%)"
    )


def placed(**more):
    issue = outcome(
        "null", "email", CheckStatus.FAILED, severity=Severity.HIGH, failed=2, total=9, expected="not null",
        examples=(Example(7, {"email": None}, line=8), Example(9, {"email": None}, line=10)), **more,
    )  # fmt: skip
    made = run(issue)
    return replace(made, validation_result=replace(made.validation_result, file="data/users.csv"))


def test_an_issue_is_shown_where_it_is_declared_and_where_it_fails():
    found = issue_annotations([placed(location="truthound.yaml:12:5")])
    assert [(a.file, a.line) for a in found] == [("truthound.yaml", 12), ("data/users.csv", 8)]
    assert found[1].message == "high: email: not null: the first of 2 rows"
    assert [(a.file, a.line) for a in issue_annotations([placed()])] == [("data/users.csv", 8)]


def test_files_are_named_as_seen_from_the_repository(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    found = issue_annotations([placed(location="truthound.yaml:12")], str(tmp_path))
    assert [a.file for a in found] == ["sub/truthound.yaml", "sub/data/users.csv"]
    above = issue_annotations([placed(location="../truthound.yaml:12")], str(tmp_path))
    assert [(a.file, a.line) for a in above] == [("truthound.yaml", 12), ("sub/data/users.csv", 8)]


def test_reports_name_files_as_seen_from_the_repository(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    unlined = placed(location="truthound.yaml:12")
    unlined = replace(unlined, validation_result=replace(unlined.validation_result, file=None))
    assert [i["location"]["path"] for i in json.loads(codequality(unlined, tmp_path))] == ["sub/truthound.yaml"]
    log = json.loads(sarif(placed(location="../truthound.yaml:12"), tmp_path))
    shown = log["runs"][0]["results"][0]
    named = [
        p["physicalLocation"]["artifactLocation"]["uri"] for p in (*shown["locations"], *shown["relatedLocations"])
    ]
    assert named == ["sub/data/users.csv", "truthound.yaml"]


def test_no_file_outside_of_the_repository_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = issue_annotations([placed(location="../truthound.yaml:12")], str(tmp_path))
    assert [(a.file, a.line) for a in found] == [("data/users.csv", 8)]


def test_the_worst_come_first_over_all_runs_and_the_rest_is_counted():
    low = run(*[outcome("x", str(i), CheckStatus.FAILED, severity=Severity.LOW) for i in range(20)])
    high = run(outcome("y", "z", CheckStatus.FAILED, severity=Severity.CRITICAL))
    found = limited(issue_annotations([low, high]), 10)
    assert len(found) == 10
    assert found[0].message.startswith("critical: z")
    assert found[-1].message == "… and 12 more; all are in the report"


# --- hostile texts ----------------------------------------------------------------------------------------------------

HOSTILE = [*TEXTS, "\n::error::x", "  ::set-output name=a::b", "##[error]x", "##vso[task.complete result=Failed;]", "x]y;z=1",
           "##teamcity[buildStatus status='SUCCESS']", "|'] ##teamcity[x", "\x1b[0Ksection_start:1:x\r", "travis_fold:start:x\r",
           "\u2028::error::x", "\x85::error::x", "a\rb", "--- x", "+++ x", "~~~ x", "^^^ +++"]  # fmt: skip


def hostile(text):
    issue = outcome(
        text, text, CheckStatus.FAILED, severity=Severity.HIGH, expected=text, failed=1, total=9, location=f"{text}:3", name=text,
        examples=(Example(1, {text: text}),), description=text, message=text,
    )  # fmt: skip
    return replace(run(issue), checkpoint_name=text, run_id=text, error=text)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_text_of_the_data_is_a_command(platform, build):
    for text in HOSTILE if platform is not CIPlatform.BUILDKITE else HOSTILE[::8]:  # each value is a process there
        no_command(platform, text, build)


def no_command(platform, text, build):
    face, log = reporter(platform, build)
    face.report_to_ci(hostile(text))
    face.report_status(hostile(text))
    face.set_output(text, text)
    with face.group(text):
        pass
    ours = {"github": "::", "gitea": "::", "forgejo": "::", "azure": "##vso[", "teamcity": "##teamcity["}.get(
        platform.value
    )
    lines = [part for line in log.getvalue().split("\n") for part in re.split(r"[\r\x85\u2028\u2029]", line)]
    for line in lines:
        for mark in ("##vso[", "##teamcity[", "##[", "travis_fold:"):
            own = (
                mark == ours
                or (mark == "##[" and platform is CIPlatform.AZURE)
                or (mark == "travis_fold:" and platform is CIPlatform.TRAVIS)
            )
            assert line.count(mark) <= own, line
            assert mark not in line or line.startswith(mark), line
        assert ours == "::" or not line.lstrip().startswith("::"), line
        assert platform is CIPlatform.BUILDKITE or not re.match(r"(---|\+\+\+|~~~|\^\^\^)\s", line), line
        if ours == "::" and line.lstrip().startswith("::"):
            assert re.match(
                r"::(error|warning|notice|group|endgroup)( (file|line|title)=[^:,]*(,(line|endLine|col|title)=[^:,]*)*)?::",
                line,
            ), line
        if line.startswith("##vso["):
            assert re.fullmatch(r"##vso\[task\.(logissue|setvariable|uploadsummary) ?[^\]]*\][^\r\n]*", line), line
        if line.startswith("##teamcity["):
            assert re.fullmatch(r"##teamcity\[\w+( \w+='([^'|\[\]\n]|\|['|n\]rx\[lp]|\|0x[0-9A-F]{4})*')*\]", line), (
                line
            )
    assert "\x1b[31m" not in log.getvalue().replace("\x1b[31;1m", "")


@pytest.mark.parametrize("text", HOSTILE)
def test_values_arrive_as_they_are_or_with_underscores(text, build, tmp_path):
    reporter("github", build)[0].set_output("name", text)
    content = (tmp_path / "outputs.txt").read_bytes().decode()
    delimiter = content.split("\n")[0].removeprefix("name<<")
    assert content.endswith(f"\n{delimiter}\n")
    assert content.count(delimiter) == 2
    reporter("gitlab", {})[0].set_output("name", text)
    assert re.fullmatch(r"TRUTHOUND_NAME=[\w.,:/@%+=~?&-]*\n", (tmp_path / "truthound.env").read_text(), re.ASCII)
    reporter("circleci", build)[0].set_output("name", text)
    read = subprocess.run(
        ["sh", "-c", '. ./bash.env; printf %s "$TRUTHOUND_NAME"'], capture_output=True, check=True, cwd=tmp_path
    )  # fmt: skip
    assert read.stdout == " ".join(text.split()).replace("\x00", "").encode("utf-8", "replace")
    reporter("jenkins", build)[0].set_output("name", text)
    assert len((tmp_path / "truthound.properties").read_text("ascii").splitlines()) == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_teamcity_escapes_as_its_own_library_does(text):
    ascii_text = text.encode("ascii", "ignore").decode()
    assert teamcity.escape(ascii_text) == escape_value(ascii_text)


def test_runs_whose_names_are_numbers(build, tmp_path):
    reporter("gitlab", build)[0].publish(
        [replace(FAILING, checkpoint_name="12"), replace(CLEAN, checkpoint_name="users")]
    )
    assert "TRUTHOUND_CHECKPOINT=12,users\n" in (tmp_path / "truthound.env").read_text()


def test_names_of_variables():
    assert variable("status") == "TRUTHOUND_STATUS"
    assert variable("TRUTHOUND_X") == "TRUTHOUND_X"
    assert variable("a b-c=$(x)") == "TRUTHOUND_A_B_C_X"


# --- limits -----------------------------------------------------------------------------------------------------------


def test_thousands_of_issues(build, tmp_path):
    result = many_issues(1500)
    for platform in TWELVE:
        face, log = reporter(platform, build)
        assert face.publish([result]) == []
        marks = [line for line in log.getvalue().splitlines() if line.startswith(("::", "##vso[task.logissue"))]
        assert len(marks) <= 100, platform
    assert (tmp_path / "summary.md").stat().st_size <= 1024 * 1024
    assert (tmp_path / "output").stat().st_size <= 4096
    assert (tmp_path / "truthound.env").stat().st_size <= 5 * 1024
    assert len((tmp_path / "truthound.env").read_text().splitlines()) <= 20
    annotated = given(tmp_path)
    assert all(len(text.encode()) <= 1024 * 1024 for _, text in annotated)
    assert all(len(argument) <= 100 for arguments, _ in annotated for argument in arguments)
    assert len(json.loads((tmp_path / "card.json").read_text())["schema"]) < 20_000


def test_a_summary_that_is_full_is_said(build, tmp_path):
    (tmp_path / "summary.md").write_bytes(b"x" * (1024 * 1024 - 10))
    face, log = reporter("github", build)
    face.report_to_ci(FAILING)
    assert (tmp_path / "summary.md").stat().st_size == 1024 * 1024 - 10
    assert "the step's summary is full" in log.getvalue()


def test_what_an_earlier_step_wrote_stays(build, tmp_path):
    reporter("gitlab", {})[0].set_output("first", 1)
    reporter("gitlab", {})[0].set_output("second", False)
    reporter("gitlab", {})[0].set_output("first", None)
    assert (tmp_path / "truthound.env").read_text() == "TRUTHOUND_FIRST=\nTRUTHOUND_SECOND=false\n"


def test_what_an_earlier_step_left_unfinished_is_not_gone_on_with(build, tmp_path):
    for name, key in (("summary.md", "GITHUB_STEP_SUMMARY"), ("output", "GITHUB_OUTPUT"), ("env", "BASH_ENV")):
        (tmp_path / name).write_text("A=1")
        build = build | {key: str(tmp_path / name)}
    reporter("github", build)[0].publish([FAILING, CLEAN])
    reporter("circleci", build)[0].set_output("first", 1)
    assert (tmp_path / "summary.md").read_text().startswith("A=1\n#")
    assert (tmp_path / "output").read_text().startswith("A=1\nstatus<<")
    assert (tmp_path / "env").read_text() == "A=1\nexport TRUTHOUND_FIRST=1\n"


def test_a_file_of_values_stays_within_what_gitlab_takes(build, tmp_path):
    face = reporter("gitlab", {})[0]
    for number in range(30):
        face.set_output(f"{number}_{'n' * 60}", "v" * 300)
    lines = (tmp_path / "truthound.env").read_text().splitlines()
    assert sum(len(line) + 1 for line in lines) <= 5 * 1024
    assert lines[-1].startswith("TRUTHOUND_29_")


# --- parts that fail --------------------------------------------------------------------------------------------------


def test_one_part_that_fails_does_not_hinder_the_others(build, tmp_path, capsys):
    (tmp_path / "truthound-junit.xml").mkdir()
    face, _ = reporter("gitlab", build)
    assert face.report_to_ci(FAILING) == 1
    assert "warning: truthound-junit.xml: " in capsys.readouterr().err
    assert (tmp_path / "gl-code-quality-report.json").exists()
    assert (tmp_path / "truthound.env").exists()


def test_without_the_agent(build, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    face, _ = reporter("buildkite", build)
    assert face.report_to_ci(FAILING) == 1
    assert capsys.readouterr().err == "warning: buildkite-agent annotate: buildkite-agent is not on PATH\n"
    assert junitparser.JUnitXml.fromfile("truthound-junit.xml").tests == 8


def test_an_agent_that_is_no_program_is_told_once(build, tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "buildkite-agent").write_text("no program")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    problems = reporter("buildkite", build)[0].publish([FAILING])
    assert problems == ["buildkite-agent annotate: buildkite-agent cannot be run: Permission denied"]


def test_an_agent_that_hangs_is_waited_for_once(build, tmp_path, monkeypatch):
    (tmp_path / "agent" / "buildkite-agent").write_text(f"#!/bin/sh\necho >> {tmp_path}/calls\nexec sleep 60\n")
    monkeypatch.setattr(perform, "_SECONDS", 0.2)
    problems = reporter("buildkite", build)[0].publish([FAILING])
    assert problems == ["buildkite-agent annotate: not finished within 0.2 s"]
    assert (tmp_path / "calls").read_text() == "\n"


def test_a_folder_that_is_not_there(tmp_path, build):
    env = {"GITHUB_STEP_SUMMARY": "/nowhere/s.md", "GITHUB_OUTPUT": "/nowhere/o"}
    assert reporter("github", env)[0].publish([FAILING]) == [
        "/nowhere/s.md: No such file or directory", "/nowhere/o: No such file or directory",
    ]  # fmt: skip


def test_an_agent_that_refuses(build, tmp_path, capsys):
    agent(tmp_path, code=5)
    reporter("buildkite", build)[0].report_to_ci(CLEAN)
    assert "buildkite-agent annotate: exit 5" in capsys.readouterr().err


def test_the_agent_gets_the_summary(build, tmp_path):
    reporter("buildkite", build)[0].report_to_ci(FAILING)
    (arguments, text), *values = given(tmp_path)
    assert arguments == ["annotate", "--style", "error", "--context", "truthound-users"]
    assert text.startswith("## ❌ users: FAILED")
    assert (["meta-data", "set", "truthound:status"], "failure") in values


def test_no_two_checkpoints_share_an_annotation(build, tmp_path):
    names = ["users", "Users", "заказы", "顧客"]
    reporter("buildkite", build, set_output=False)[0].publish([replace(CLEAN, checkpoint_name=n) for n in names])
    contexts = [arguments[-1] for arguments, _ in given(tmp_path)]
    assert len(set(contexts)) == len(names)
    assert contexts[0] == "truthound-users"


@pytest.mark.parametrize("platform", ["gitlab", "travis"])
def test_no_two_checkpoints_share_a_fold(platform, build):
    names = ["users", "Users", "заказы", "顧客"]
    face, log = reporter(platform, build, files=False, set_output=False)
    face.report_to_ci([replace(CLEAN, checkpoint_name=n) for n in names])
    starts = re.findall(r"(?:section_start:[0-9]+|fold:start):([a-z0-9_-]+)", log.getvalue())
    assert len(set(starts)) == len(starts) == len(names)


def test_what_went_well_hides_nothing_that_follows(build):
    face, log = reporter("buildkite", build, step_summary=False, set_output=False)
    face.report_to_ci([CLEAN, FAILING])
    heads = [line[:4] for line in log.getvalue().splitlines() if re.match(r"(---|\+\+\+|~~~) ", line)]
    assert heads == ["--- ", "+++ "]
    assert log.getvalue().index("+++ ") < log.getvalue().index("FAILED")


# --- Bitbucket's API --------------------------------------------------------------------------------------------------

PIPELINE = {
    "BITBUCKET_BUILD_NUMBER": "7", "BITBUCKET_COMMIT": "a" * 40, "BITBUCKET_REPO_FULL_NAME": "acme/data",
    "BITBUCKET_PIPELINE_UUID": "{1}", "BITBUCKET_WORKSPACE": "acme",
}  # fmt: skip


@pytest.fixture
def proxy(monkeypatch, build):
    """The pipeline's own proxy, as far as we need it."""

    def answer(sent):
        return Answer(404 if sent.method == "DELETE" else 200)

    with serving(by=answer) as server:
        monkeypatch.setattr(bitbucket, "PROXY", server.url)
        yield server


def test_a_report_of_code_insights_through_the_pipelines_proxy(proxy):
    face, _ = reporter("bitbucket", PIPELINE)
    assert face.publish([FAILING]) == []
    where = f"http://api.bitbucket.org/2.0/repositories/acme/data/commit/{'a' * 40}/reports/truthound-users-"
    assert [s.method for s in proxy.got] == ["DELETE", "PUT", "POST"]
    assert all(s.path.startswith(where) for s in proxy.got)
    body, marks = proxy.got[1].json, proxy.got[2].json
    assert body["result"] == "FAILED"
    assert body["report_type"] == "TEST"
    assert [m["severity"] for m in marks] == ["CRITICAL", "HIGH", "MEDIUM", "CRITICAL"]
    assert marks[3]["path"] == "truthound.yaml"
    assert marks[3]["line"] == 31
    assert all("authorization" not in s.headers for s in proxy.got)


def test_the_limits_of_code_insights(proxy):
    reporter("bitbucket", PIPELINE, files=False)[0].publish([many_issues(10_000)])
    posted = [s.json for s in proxy.got if s.method == "POST"]
    assert [len(p) for p in posted] == [100] * 10
    marks = [m for part in posted for m in part]
    assert len({m["external_id"] for m in marks}) == 1000
    assert all(len(m["summary"]) <= 450 for m in marks)
    body = next(s.json for s in proxy.got if s.method == "PUT")
    assert "9,000 issues more than are annotated" in body["details"]
    assert len(body["data"]) <= 10
    assert max(len(body["title"]), len(body["details"]) / 4) <= 500


def test_an_api_that_refuses_is_told_and_the_token_is_not(build, capsys, monkeypatch):
    with serving(Answer(403, {"error": {"message": "no scope"}})) as server:
        monkeypatch.setattr(bitbucket, "PROXY", server.url)
        face, log = reporter("bitbucket", PIPELINE)
        problems = face.publish([FAILING])
        assert len(problems) == 1
        assert problems[0].startswith("Code Insights: api.bitbucket.org")
        assert "answered 403" in problems[0]
        assert len(server.got) == 1
    request = bitbucket.insights(FAILING, PIPELINE | {"BITBUCKET_TOKEN": "s3cret"}, face.environment).requests[0]
    assert request.url.startswith("https://")
    assert request.headers["Authorization"] == "Bearer s3cret"
    assert request.proxy is None
    assert "s3cret" not in repr(request)
    assert "s3cret" not in log.getvalue() + capsys.readouterr().err


def test_an_api_that_fails_is_asked_again_for_a_while(monkeypatch, build):
    with serving(Answer(503, headers={"Retry-After": "0"})) as server:
        monkeypatch.setattr(bitbucket, "PROXY", server.url)
        made = bitbucket.insights(FAILING, PIPELINE, reporter("bitbucket", PIPELINE)[0].environment)
        waits = []
        problems = flow.run(perform.perform([made], print), sleep=waits.append)
    assert len(server.got) == 3
    assert len(waits) == 2
    assert "answered 503" in problems[0]


def test_without_a_way_to_the_api_nothing_is_sent(build):
    env = {k: v for k, v in PIPELINE.items() if k != "BITBUCKET_PIPELINE_UUID"}
    assert reporter("bitbucket", env)[0].publish([FAILING]) == []


def test_platforms_have_a_way_to_write_every_annotation():
    for platform in CIPlatform:
        reporting = PLATFORMS[platform].reporting
        for level in ("error", "warning", "notice"):
            assert "message" in reporting.annotation(CIAnnotation("message", level))


def test_azure_is_given_no_page_that_could_not_be_written(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    env = {"TF_BUILD": "True", "AGENT_TEMPDIRECTORY": str(tmp_path / "file" / "x")}
    shown = []
    face = ci.get_ci_reporter("azure", environ=env, show=shown.append, files=False)
    (problem,) = face.publish([FAILING])
    assert "truthound-" in problem
    assert not [line for line in shown if "uploadsummary" in line]
    face = ci.get_ci_reporter(
        "azure", environ=env | {"AGENT_TEMPDIRECTORY": str(tmp_path)}, show=shown.append, files=False
    )
    assert face.publish([FAILING]) == []
    (line,) = [line for line in shown if "uploadsummary" in line]
    assert Path(line.partition("]")[2]).is_file()


def test_a_value_of_no_name_breaks_no_file(tmp_path):
    reporter = ci.get_ci_reporter("github", environ={"GITHUB_OUTPUT": str(tmp_path / "out")})
    reporter.set_output("", 5)
    assert (tmp_path / "out").read_text().startswith("_<<")


@pytest.mark.parametrize("platform", TWELVE)
def test_the_ends_of_lines_leave_no_blanks(platform, build, tmp_path):
    face, log = reporter(platform, build)
    face.set_output("text", "a\r\nb\rc")
    plain, _ = reporter(platform, build)
    plain.set_output("other", "a\nb\nc")
    assert "\r" not in told(tmp_path, log)
    assert not re.search(r" (\n|\|n|%0A)", told(tmp_path, log))
    if platform is CIPlatform.GITHUB:
        assert "\na\nb\nc\n" in (tmp_path / "outputs.txt").read_text()


def test_what_an_earlier_value_of_cloud_build_was_stays(tmp_path):
    reporter = ci.get_ci_reporter("cloudbuild", environ={"BUILDER_OUTPUT": str(tmp_path)})
    reporter.set_output("total_issues", 3)
    reporter.set_output("status", "failure")
    written = tmp_path / "output"
    assert json.loads(written.read_text()) == {"total_issues": "3", "status": "failure"}
    for i in range(40):
        reporter.set_output(f"v{i}", "\N{SNOWMAN}" * 100)
    assert written.stat().st_size <= 4096
    assert list(json.loads(written.read_text()))[-1] == "v39"
    written.write_text("[1]")
    reporter.set_output("status", "success")
    assert json.loads(written.read_text()) == {"status": "success"}
