"""What is read of a build, from environments as the vendors document them."""

import os
import re
from dataclasses import asdict, fields
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from truthound.checkpoint.ci import (
    CIEnvironment,
    CIPlatform,
    detect_ci_platform,
    get_ci_environment,
    is_ci_environment,
    platform_named,
)
from truthound.ci import parse
from truthound.ci.detect import environment_of
from truthound.ci.platforms import DETECTED_BY, PLATFORMS
from truthound.errors import ConfigError

HERE = Path(__file__).parent / "environments"
DOCUMENTS = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted(HERE.glob("*.yaml"))}
CASES = [
    (name, case) for name, document in DOCUMENTS.items() for case in document if case not in {"reference", "common"}
]
FULL = [platform for platform, row in PLATFORMS.items() if row.fields]


def put(folder, name, case):
    """The environment of a case, whose files are in the folder."""
    common, own = DOCUMENTS[name].get("common", {}), DOCUMENTS[name][case]
    merged = {key: common.get(key, {}) | own.get(key, {}) for key in ("environment", "files", "expected")}
    escaped = str(folder).replace("\\", "\\\\").replace(":", "\\:")
    for file, text in merged["files"].items():
        (folder / file).write_text(text.replace("{escaped}", escaped), "utf-8")
    environ = {key: value.replace("{folder}", str(folder)) for key, value in merged["environment"].items()}
    return environ, merged["expected"]


@pytest.mark.parametrize(("name", "case"), CASES, ids=lambda x: x)
def test_a_build_is_read_as_documented(tmp_path, name, case):
    environ, expected = put(tmp_path, name, case)
    found = get_ci_environment(environ)
    assert asdict(found) == asdict(CIEnvironment(is_ci=True)) | expected
    assert found.platform is detect_ci_platform(environ)
    assert is_ci_environment(environ) is found.is_ci
    assert "secret" not in repr(found)


def test_every_platform_has_its_four_kinds_of_build():
    missing = {platform.value for platform in PLATFORMS} ^ set(DOCUMENTS)
    assert not missing, f"each platform has a file of builds, as its reference describes them, in {HERE}"
    for platform in FULL:
        assert {"push", "pull_request", "tag", "schedule"} <= set(DOCUMENTS[platform.value])


def test_the_table_names_fields_of_an_environment_only():
    known = {f.name for f in fields(CIEnvironment)} - {"platform", "is_ci", "is_pr"}
    assert all(set(row.fields) <= known for row in PLATFORMS.values())


def test_the_process_environment_is_the_default(monkeypatch):
    for name in [n for n in os.environ if n != "PATH"]:
        monkeypatch.delenv(name)
    assert not is_ci_environment()
    assert get_ci_environment() == CIEnvironment()
    monkeypatch.setenv("CIRCLECI", "true")
    monkeypatch.setenv("CIRCLE_BRANCH", "main")
    assert detect_ci_platform() is CIPlatform.CIRCLECI
    assert get_ci_environment().branch == "main"


def test_a_systems_own_mark_outweighs_a_build_tools_switch():
    assert detect_ci_platform({"CI": "false", "GITHUB_ACTIONS": "true"}) is CIPlatform.GITHUB


GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_NAME": "pull_request",
    "GITHUB_HEAD_REF": "fix",
    "GITHUB_REF": "refs/pull/7/merge",
}


@pytest.mark.parametrize(
    "content",
    [
        None, b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b"[" * 100_000, b'{"pull_request": []}',
        b'{"pull_request": {"number": true, "head": {"sha": 5}}}', b'{"pull_request": {"number": 1e400}}',
        b'{"pull_request": {"head": {"sha": "\\ud800"}}}', b'{"pull_request": {"number": ' + b"9" * 5000 + b"}}",
    ],
)  # fmt: skip
def test_an_event_file_that_cannot_be_used_is_passed_over(tmp_path, content):
    path = tmp_path / "event.json"
    if content is not None:
        path.write_bytes(content)
    found = get_ci_environment(GITHUB | {"GITHUB_EVENT_PATH": str(path)})
    assert (found.is_pr, found.branch, found.pr_number, found.commit_sha) == (True, "fix", 7, "")


def test_an_event_file_that_is_too_large_is_passed_over(tmp_path, monkeypatch):
    path = tmp_path / "event.json"
    path.write_text('{"pull_request": {"number": 8}}')
    environ = GITHUB | {"GITHUB_EVENT_PATH": str(path)}
    assert get_ci_environment(environ).pr_number == 8
    monkeypatch.setattr(parse, "EVENT", 10)
    assert get_ci_environment(environ).pr_number == 7


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_an_event_file_that_is_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "event")
    assert get_ci_environment(GITHUB | {"GITHUB_EVENT_PATH": str(tmp_path / "event")}).pr_number == 7


@pytest.mark.parametrize("path", ["", "/", "/nowhere/event.json", "a\0b", "x" * 10_000, "\udcff"])
def test_a_path_that_is_none_is_passed_over(path):
    assert get_ci_environment(GITHUB | {"GITHUB_EVENT_PATH": path}).pr_number == 7
    assert get_ci_environment({"TEAMCITY_VERSION": "1", "TEAMCITY_BUILD_PROPERTIES_FILE": path}).branch == ""


@pytest.mark.parametrize(
    ("remote", "said"),
    [
        ("https://user:token@host/owner/repo.git", "owner/repo"),
        ("https://token@host/owner/repo", "owner/repo"),
        ("https://user:p@ss/w@rd@host/owner/repo.git", "owner/repo"),
        ("https://host/owner/repo.git?token=secret#x", "owner/repo"),
        ("git@host:owner/repo.git", "owner/repo"),
        ("user:token@host/owner/repo.git", "owner/repo"),
        ("host:owner/repo", "owner/repo"),
        ("ssh://git@host:7999/owner/repo.git", "owner/repo"),
        ("git://host/group/sub/repo/", "group/sub/repo"),
        ("https://acme@dev.azure.com/acme/project/_git/repo", "acme/project/repo"),
        ("git@ssh.dev.azure.com:v3/acme/project/repo", "acme/project/repo"),
        ("https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/flights", "flights"),
        ("file:///srv/git/repo.git", "srv/git/repo"),
        ("owner/repo", "owner/repo"),
        ("owner/repo.git", "owner/repo"),
        ("repo", "repo"),
        ("https://user:token@host", ""),
        ("https://", ""),
        ("arn:aws:s3:::bucket/flights.zip", ""),
        ("", ""),
    ],
)
def test_a_repository_is_said_without_host_and_credentials(remote, said):
    assert parse.repository(remote) == said
    assert get_ci_environment({"JENKINS_URL": "x", "GIT_URL": remote}).repository == said


@given(st.text(), st.text(), st.text())
def test_no_credential_of_a_remote_is_kept(user, password, path):
    secret = f"{password}5ecre7{password}"
    for remote in (f"https://{user}:{secret}@host/{path}", f"{user}:{secret}@host:{path}"):
        if "@" not in path:
            assert "5ecre7" not in parse.repository(remote)
    userinfo = f"{user}:{secret}".replace("/", "")  # which would end it, and make it a host and a path
    assert "5ecre7" not in parse.address(f"https://{userinfo}@host/")


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://bot:token@ci.example.com:8443/job/a b/1?x=1#y", "https://ci.example.com:8443/job/a%20b/1?x=1#y"),
        ("https://u:pa/ss@host/", ""), ("http://[::1]:80/x", "http://[::1]:80/x"), ("https://", ""), ("javascript:alert(1)", ""),
        ("ftp://host/", ""), ("host/x", ""),
    ],
)  # fmt: skip
def test_an_address_of_a_run(text, link):
    assert parse.address(text) == link


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7), ("7/merge", 7), ("7/head", 7), ("https://github.com/o/r/pull/7", 7),
        ("https://bitbucket.org/o/r/pull-requests/7/x", 7), ("https://gitlab.com/o/r/-/merge_requests/7", 7),
        ("false", None), ("true", None), ("", None), ("0", None), ("-7", None), ("7.0", None), ("1e3", None), ("\u0667", None),
        ("\u096d", None), ("²", None), ("9" * 19, None), ("9" * 100_000, None), ("https://github.com/o/r/issues/7", None), ("7\n8", None),
    ],
)  # fmt: skip
def test_the_number_of_a_pull_request(text, number):
    assert parse.pull_number(text) == number
    assert get_ci_environment({"TRAVIS": "true", "TRAVIS_PULL_REQUEST": text}).pr_number == (
        78 if text == "7\n8" else number
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("refs/heads/feature/x", "feature/x"), ("refs/remotes/origin/x", "x"), ("ada:x", "x"), ("x", "x"), ("pr/7", "pr/7"),
        ("refs/tags/v1", ""), ("refs/heads/x^{1ecfd27}", "x"), ("refs/pull/7/merge", ""), ("pull/7", ""), ("pull/7/head", ""), ("7/merge", ""), ("HEAD", ""),
        ("detached", ""), ("(detached from 1ecfd27)", ""), ("<default>", ""),
    ],
)  # fmt: skip
def test_a_branch(text, name):
    assert parse.branch(text) == name


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\nb", "ab"), (" a\x1b[31m ", "a[31m"), ("\u2028x", "x"), ("\ud800x", "?x"), ("x" * 5000, ""), (None, ""), (7, ""),
        ("$(System.PullRequest.PullRequestId)", ""), ("${BRANCH}", ""), ("$BRANCH_NAME", ""), ("%teamcity.build.branch%", ""),
        ("cash-$5", "cash-$5"),
    ],
)  # fmt: skip
def test_text_is_one_sane_line(text, kept):
    assert parse.plain(text) == kept


def test_a_message_keeps_its_lines():
    assert parse.message(" a\r\n\r\nb \x1b[0m\n") == "a\n\nb [0m"
    assert len(parse.message("x" * 50_000)) == parse.MESSAGE


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("a=1\nb : 2\nc 3\nd\n", {"a": "1", "b": "2", "c": "3", "d": ""}),
        ("# x=1\n ! y=2\n\n  a=1", {"a": "1"}),
        ("a=1\\\n   2\\\\\nb=3", {"a": "12\\", "b": "3"}),
        ("a\\ b\\=c=d=e", {"a b=c": "d=e"}),
        ("a=\\u00fc\\uD83D\\uDE00\\t\\q\\uZZ\\uD800", {"a": "ü😀\tquZZ�"}),
        ("a=1\\", {"a": "1"}),
        ("a=1\r\nb=2\rc=3", {"a": "1", "b": "2", "c": "3"}),
    ],
)
def test_java_properties(tmp_path, text, known):
    path = tmp_path / "build.properties"
    path.write_bytes(text.encode("latin-1"))
    assert parse.properties(str(path)) == known


NAMES = sorted(
    {part for row in PLATFORMS.values() for lookups in (*row.fields.values(), row.pull_request) for part in lookups}
    | {mark for marks in DETECTED_BY.values() for mark in marks}
)
VARIABLES = sorted({n for place in NAMES for n in re.findall(r"\b[A-Za-z]\w*_\w+|\bCI\b|\bDRONE\b", place)})
HOSTILE = st.one_of(
    st.text(max_size=50),
    st.sampled_from(["true", "false", "", "HEAD", "refs/pull/9/merge", "x" * 70_000, "\0", "\udc80", "\u0663", "/dev/zero", "/", "::error::x"]),
    st.none(),
    st.integers(),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(VARIABLES), HOSTILE), st.sampled_from(CIPlatform))
def test_no_environment_raises_or_gives_what_is_no_text(environ, platform):
    for found in (get_ci_environment(environ), environment_of(platform, environ)):
        assert found.pr_number is None or found.pr_number > 0
        assert found.is_pr or found.pr_number is None
        for f in fields(found):
            value = getattr(found, f.name)
            if isinstance(value, str) and f.name != "commit_message":
                assert not any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in value)
                assert len(value) <= parse.LONGEST


@pytest.mark.parametrize(
    ("name", "platform"),
    [
        ("github", CIPlatform.GITHUB), ("GitHub Actions", CIPlatform.GITHUB), ("github-actions", CIPlatform.GITHUB),
        ("github_actions", CIPlatform.GITHUB), ("GITHUB_ACTIONS", CIPlatform.GITHUB), ("gitlab-ci", CIPlatform.GITLAB),
        ("Azure DevOps", CIPlatform.AZURE), ("azure-pipelines", CIPlatform.AZURE), ("travis ci", CIPlatform.TRAVIS),
        ("Circle CI", CIPlatform.CIRCLECI), ("aws codebuild", CIPlatform.CODEBUILD), ("Google Cloud Build", CIPlatform.CLOUDBUILD),
        ("gcp-cloud-build", CIPlatform.CLOUDBUILD), ("cloud build", CIPlatform.CLOUDBUILD), ("Drone CI", CIPlatform.DRONE),
        (CIPlatform.JENKINS, CIPlatform.JENKINS),
    ],
)  # fmt: skip
def test_a_platform_by_the_names_people_use(name, platform):
    assert platform_named(name) is platform


@pytest.mark.parametrize(("name", "near"), [("gihub", "github"), ("jenkinz", "jenkins"), ("bitbuket pipelines", "Bitbucket Pipelines")])  # fmt: skip
def test_a_misspelled_platform_gets_a_suggestion(name, near):
    with pytest.raises(ConfigError, match=f'is not a CI system; known are github, .*; did you mean "{near}"'):
        platform_named(name)


def test_no_two_platforms_share_a_name_and_other_names_are_the_same_members():
    assert CIPlatform("github") is CIPlatform.GITHUB is CIPlatform.GITHUB_ACTIONS
    assert (CIPlatform.GITLAB_CI, CIPlatform.AZURE_DEVOPS, CIPlatform.BITBUCKET_PIPELINES) == (
        "gitlab",
        "azure",
        "bitbucket",
    )
    assert (CIPlatform.TRAVIS_CI, CIPlatform.AWS_CODEBUILD, CIPlatform.GCP_CLOUD_BUILD) == (
        "travis",
        "codebuild",
        "cloudbuild",
    )
    assert len({row.title for row in PLATFORMS.values()}) == len(PLATFORMS)
    assert {*DETECTED_BY, CIPlatform.LOCAL} == {*CIPlatform}


EXAMPLE = """
from truthound.checkpoint.ci import get_ci_environment, is_ci_environment

if is_ci_environment():
    env = get_ci_environment()
    print(f"Platform: {env.platform}")
    print(f"Repository: {env.repository}")
    print(f"Branch: {env.branch}")
    print(f"Commit: {env.commit_sha}")
    print(f"PR Number: {env.pr_number}")
    print(f"Run URL: {env.run_url}")
"""


def test_the_documented_example_runs(monkeypatch, capsys, tmp_path):
    environ, expected = put(tmp_path, "github", "pull_request")
    monkeypatch.delenv("FORGEJO_ACTIONS", raising=False)
    monkeypatch.delenv("GITEA_ACTIONS", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    exec(EXAMPLE, {})
    shown = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert shown == {
        "Platform": "github",
        "Repository": "octocat/hello-world",
        "Branch": "feature/branch-1",
        "Commit": expected["commit_sha"],
        "PR Number": "42",
        "Run URL": "https://github.com/octocat/hello-world/actions/runs/1658821493",
    }
