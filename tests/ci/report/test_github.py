"""GitHub's formats, as pure functions."""

import re
from dataclasses import replace

import pytest

from helpers.ci_results import PLACED
from helpers.hostile import TEXTS, many_issues
from helpers.made_results import CLEAN, FAILING, PRISE, UNREADABLE, earlier, failed_result, outcome, run
from truthound.ci.detect import get_ci_environment
from truthound.ci.platforms import github
from truthound.ci.report.github_markdown import summary
from truthound.ci.report.source_links import source_of
from truthound.ci.report.step_values import step_values
from truthound.reporters import locations
from truthound.results import CheckStatus, Severity

COMMAND = re.compile(r"::(error|warning)( [a-zA-Z]+=[^:,]*(,[a-zA-Z]+=[^:,]*)*)?::.*")


def test_annotations():
    assert github.issue_commands(FAILING) == [
        "::error title=users%3A null%3A email::critical: email: not null: 93 (1.86%)",
        "::error title=users%3A unique%3A user_id::high: user_id: unique: 4 (0.08%)",
        '::error file=truthound.yaml,line=31,endLine=31,title=users%3A range%3A prise::error: prise: column not found: did you mean "price"?',
        "::warning title=users%3A range%3A age::medium: age: between 0 and 120: 33 (0.66%)",
    ]
    assert github.issue_commands(CLEAN) == []
    assert github.issue_commands(UNREADABLE) == [
        "::error title=users%3A run::error: users.csv: no such file; the folder has users.parquet"
    ]


@pytest.mark.parametrize(
    ("location", "root", "place"),
    [
        ("a.yaml:3", "", ("a.yaml", 3, 0)),
        ("conf/a.yaml:3:7", "", ("conf/a.yaml", 3, 7)),
        ("/home/ci/repo/conf/a.yaml:3", "/home/ci/repo", ("conf/a.yaml", 3, 0)),
        ("/etc/a.yaml:3", "/home/ci/repo", ("", 0, 0)),
        ("nowhere", "", ("", 0, 0)),
        (None, "", ("", 0, 0)),
    ],
)
def test_places(location, root, place):
    assert locations.config_location(replace(PRISE, location=location), root) == place


GITHUB = {
    "GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": "a" * 40,
}  # fmt: skip
BLOB = f"https://github.com/o/r/blob/{'a' * 40}"


def test_a_summary_leads_to_the_lines_of_the_files():
    text = summary(PLACED, source=BLOB, link="https://docs.example/run", examples=True)
    assert (
        f"| [conf/truthound.yaml:12]({BLOB}/conf/truthound.yaml#L12) [data/my users.csv:36]({BLOB}/data/my%20users.csv#L36) |"
        in text
    )
    assert text.endswith("\n[Open the report](https://docs.example/run)\n")
    mistaken = replace(UNREADABLE, error="a.yaml:3:5: see https://x", error_type="ConfigError")
    assert f"**Error:** [a.yaml:3]({BLOB}/a.yaml#L3): see https:&#8203;//x" in summary(mistaken, source=BLOB)
    assert "where" not in summary(PLACED)


@pytest.mark.parametrize("text", [*TEXTS, "\0" + "0\0", "a](https://evil)", "a b)c.csv", "@everyone.csv"])
def test_no_name_of_a_file_is_another_link(text):
    hostile = run(replace(PRISE, location=f"{text}:3:1"), checkpoint_name=text)
    made = summary(hostile, source=BLOB)
    assert "\0" not in made
    assert all(found.startswith(BLOB + "/") for found in re.findall(r"\]\((.*?)\)", made))
    assert made.count("](http") <= 1


@pytest.mark.parametrize(
    ("env", "address"),
    [
        (GITHUB, BLOB),
        (GITHUB | {"GITEA_ACTIONS": "true", "GITHUB_SERVER_URL": "https://git.example/"}, f"https://git.example/o/r/src/commit/{'a' * 40}"),
        (GITHUB | {"GITHUB_SERVER_URL": "javascript:x"}, ""),
        (GITHUB | {"GITHUB_REPOSITORY": "o/r)x"}, ""),
        (GITHUB | {"GITHUB_SHA": ""}, ""),
        ({"TF_BUILD": "True", "BUILD_REPOSITORY_NAME": "o/r", "BUILD_SOURCEVERSION": "a" * 40,
          "BUILD_REPOSITORY_URI": "https://github.com/o/r"}, BLOB),
        ({"BUILDKITE": "true", "BUILDKITE_REPO": "git@github.com:o/r.git", "BUILDKITE_COMMIT": "a" * 40}, BLOB),
        ({"BUILDKITE": "true", "BUILDKITE_REPO": "git@example.com:o/r.git", "BUILDKITE_COMMIT": "a" * 40}, ""),
        ({"GITLAB_CI": "true", "CI_PROJECT_PATH": "o/r", "CI_COMMIT_SHA": "a" * 40}, ""),
    ],
)  # fmt: skip
def test_where_the_files_of_a_commit_are(env, address):
    assert source_of(env, get_ci_environment(env)) == address


def test_ten_annotations_of_a_kind():
    for count in (10, 11, 10_000):
        lines = github.issue_commands(many_issues(count))
        assert len(lines) == 10
        assert lines[-1].endswith(f"… and {count - 9:,} more; all are in the summary") is (count > 10)
    warned = [outcome("x", str(i), CheckStatus.WARNED, severity=Severity.LOW) for i in range(30)]
    lines = github.issue_commands(run(*warned))
    assert [line.startswith("::warning ") for line in lines] == [True] * 10


@pytest.mark.parametrize("text", [*TEXTS, "\n::error::x", "\r::set-output name=x::y", "  ::warning::x", "a,b:c%0Ad"])
def test_no_text_of_the_data_is_a_command_of_its_own(text):
    hostile = outcome(
        text, text, CheckStatus.FAILED, severity=Severity.HIGH, expected=text, failed=1, total=9, location=f"{text}:3", name=text
    )  # fmt: skip
    for line in github.issue_commands(failed_result(checkpoint_name=text)) + github.issue_commands(run(hostile)):
        assert COMMAND.fullmatch(line), line
        assert len(line.splitlines()) == 1
        assert len(line.rpartition("::")[2]) < 3 * 4096


def test_a_commands_properties_cannot_be_left():
    assert github.command("error", "50% ::x", file="a:b,c%", line="", title="t") == (
        "::error file=a%3Ab%2Cc%,title=t::50% ::x"
    )
    for text in ("%0A", "%25", "100%25%", "%3A", "%%0D", "%\n%"):
        assert runner(github.command("error", text).removeprefix("::error::")) == text


def runner(message):
    """What GitHub's runner makes of a message."""
    return message.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def test_the_summary_mentions_nobody_and_refers_to_nothing():
    hostile = outcome(
        "x", "@org/team", CheckStatus.FAILED, severity=Severity.HIGH, failed=1, total=9,
        expected="like #12, GH-7 and https://github.com/o/r/issues/1 or www.example.com",
    )  # fmt: skip
    text = summary(run(hostile), link="https://example.com/1")
    assert not re.search(r"@\w|(?<!&)#\d|GH-\d|://github|www\.", text)
    assert "org/team" in text
    assert "[Open the report](https://example.com/1)" in text


def test_the_summary_says_what_changed():
    text = summary(FAILING, earlier(email=45, unique=4, age=0))
    assert "since the last run" in text
    assert "worse, was 45" in text
    assert "NEW" in text
    mended = replace(FAILING.validation_result.outcomes[0], status=CheckStatus.PASSED, failed=0)
    assert "- fixed: email: not null" in summary(run(mended), earlier())


def test_examples_only_when_asked_for():
    assert "<details>" not in summary(FAILING)
    assert "most often" not in summary(FAILING)
    assert "<details>" in summary(FAILING, examples=True)


@pytest.mark.parametrize("limit", [1024 * 1024, 65_536, 20_000, 3000, 1000])
def test_the_summary_stays_within_its_limit_and_says_what_it_left_out(limit):
    text = summary(many_issues(2000), examples=True, limit=limit)
    assert 0 < len(text.encode("utf-8", "replace")) <= limit
    assert re.search(r"… and [\d,]+ more issues", text)


def test_no_room_no_summary():
    assert summary(FAILING, limit=10) == ""


@pytest.mark.parametrize("text", TEXTS)
def test_no_output_leaves_its_delimiters(text):
    values = step_values(failed_result(checkpoint_name=text))
    assert list(values)[:3] == ["status", "checkpoint", "run_id"]
    written = github.output_file(values, "d1")
    parsed = dict(re.findall(r"(\w+)<<d1\n(.*)\nd1\n", written))
    assert parsed == values
    assert not any(len(v.splitlines()) > 1 for v in values.values())


def test_outputs():
    assert step_values(FAILING, "https://example.com/1") == {
        "status": "failure", "checkpoint": "users", "run_id": "20261127-013907", "total_issues": "4", "total_checks": "8", "passed": "4",
        "failed": "2", "warned": "1", "errored": "1", "pass_rate": "0.5000", "report_url": "https://example.com/1",
    }  # fmt: skip
    assert step_values(UNREADABLE)["status"] == "error"
