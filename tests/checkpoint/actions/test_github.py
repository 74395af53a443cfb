import asyncio
import json
import re

import pytest

from helpers.hostile import many_issues
from helpers.loopback import Answer, serving
from helpers.made_results import FAILING, failed_result, passed_result
from truthound.checkpoint.actions import ActionContext, ActionStatus, GitHubAction
from truthound.checkpoint.delivery import run_stages
from truthound.errors import ConfigError
from truthound.io import flow

SHA, HEAD = "a" * 40, "b" * 40
TOKEN = "ghs_0123456789abcdef"


@pytest.fixture(autouse=True)
def _outside(monkeypatch):
    """No test sees the workflow that it may itself be run in."""
    import os

    for name in [*os.environ]:
        if name.startswith(("GITHUB_", "GH_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def workflow(tmp_path, monkeypatch):
    """The environment of a step; gives its folder."""
    for name, value in {
        "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": tmp_path / "summary.md", "GITHUB_OUTPUT": tmp_path / "output",
        "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": SHA, "GITHUB_REF": "refs/heads/main", "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_RUN_ID": "77", "GITHUB_WORKSPACE": tmp_path,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, str(value))
    (tmp_path / "output").touch()
    return tmp_path


@pytest.fixture
def pull(workflow, monkeypatch):
    (workflow / "event.json").write_text(json.dumps({"pull_request": {"number": 12, "head": {"sha": HEAD}}}))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(workflow / "event.json"))
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)


class GitHub:
    """The part of the API that is used: statuses, comments, check runs. `me` is whose token it is; a bot may not ask."""

    def __init__(self, *comments, me=None, **refused):
        self.me, self.refused = me, refused
        self.user = {"login": me, "type": "User"} if me else {"login": "github-actions[bot]", "type": "Bot"}
        self.comments = [
            {"id": i, "body": c, "user": {"login": "eve", "type": "User"}} for i, c in enumerate(comments, 100)
        ]

    def __call__(self, sent):
        path, _, query = sent.path.partition("?")
        if path == "/user":
            return (
                Answer(200, self.user)
                if self.me
                else Answer(403, {"message": "Resource not accessible by integration"})
            )
        part = re.fullmatch(r"/repos/o/r/(statuses|issues|check-runs).*", path)[1]
        if part.replace("-", "_") in self.refused:
            return Answer(self.refused[part.replace("-", "_")], {"message": "Resource not accessible by integration"})
        if sent.method == "GET":
            size, page = (int(re.search(rf"\b{k}=(\d+)", query)[1]) for k in ("per_page", "page"))
            return Answer(200, self.comments[(page - 1) * size : page * size])
        if sent.method == "PATCH":
            code = self.refused.get("patch", {})
            if code := code.get(path.rpartition("/")[2]) if isinstance(code, dict) else code:
                return Answer(code, {"message": "Not Found"})
            self.comments = [
                c | {"body": sent.json["body"]} if path.endswith(f"/{c['id']}") else c for c in self.comments
            ]
        elif part == "issues":
            self.comments.append({"id": 100 + len(self.comments), "body": sent.json["body"], "user": self.user})
        return Answer(201, {"id": 1, "html_url": "https://github.com/o/r/x"})


def told(github, result=FAILING, run=None, **options):
    with serving(by=github) as server:
        outcome = GitHubAction(api_url=server.url, **options).execute(result, run or ActionContext())
    return outcome, server.got


# --- without a token --------------------------------------------------------------------------------------------------


def test_in_a_workflow_without_a_token(workflow, capsys):
    outcome = GitHubAction().execute(FAILING)
    assert outcome.status is ActionStatus.SUCCESS, outcome
    assert outcome.message == "summary written, 4 annotations, outputs set"
    assert "no token (option, or GITHUB_TOKEN)" in outcome.details["not_done"][0]
    assert (workflow / "summary.md").read_text().startswith("## users: FAILED\n")
    out, err = capsys.readouterr()
    assert out == ""  # it may hold a document
    lines = err.splitlines()
    assert lines[0] == "::error title=users%3A null%3A email::critical: email: not null: 93 (1.86%)"
    assert len(lines) == 4
    output = (workflow / "output").read_text()
    delimiters = set(re.findall(r"<<(truthound_[0-9a-f]{32})\n", output))
    assert len(delimiters) == 1
    assert f"status<<{delimiters.pop()}\nfailure\n" in output


def test_delimiters_are_never_the_same(workflow):
    for _ in range(2):
        GitHubAction().execute(FAILING)
    assert len(set(re.findall(r"<<(\w+)", (workflow / "output").read_text()))) == 2


def test_parts_that_are_disabled_are_not_written(workflow, capsys):
    action = GitHubAction(set_summary=False, set_output=False, annotations=False)
    outcome = action.execute(FAILING)
    assert outcome.status is ActionStatus.SKIPPED
    assert capsys.readouterr() == ("", "")
    assert not (workflow / "summary.md").exists()
    assert (workflow / "output").read_text() == ""


def test_outside_a_workflow_the_action_is_skipped(capsys):
    outcome = GitHubAction().execute(FAILING)
    assert outcome.status is ActionStatus.SKIPPED
    assert outcome.message == (
        "this is not a workflow of GitHub Actions, so there is no summary to write; no token and no repository "
        "(option, or GITHUB_TOKEN and GITHUB_REPOSITORY): no commit status and no comment"
    )
    assert capsys.readouterr().out == ""
    assert GitHubAction().problems({}) == []


def test_a_requested_part_that_is_impossible_is_a_failure():
    outcome = GitHubAction(comment_on_pr=True, repository="o/r").execute(FAILING)
    assert outcome.status is ActionStatus.FAILURE
    assert "no token (option, or GITHUB_TOKEN)" in outcome.message


def test_summaries_are_added_to_each_other_within_a_mebibyte(workflow):
    page = workflow / "summary.md"
    page.write_text("# mine\n")
    for _ in range(2):
        assert GitHubAction().execute(FAILING).status is ActionStatus.SUCCESS
    assert page.read_text().startswith("# mine\n\n## users: FAILED")
    assert page.read_text().count("## users: FAILED") == 2
    page.write_text("x" * (1024 * 1024 - 5000))
    assert GitHubAction(include_examples=True).execute(many_issues(1000)).status is ActionStatus.SUCCESS
    assert 1024 * 1024 - 5000 < page.stat().st_size <= 1024 * 1024
    page.write_text("x" * (1024 * 1024 - 10))
    outcome = GitHubAction().execute(FAILING)
    assert outcome.status is ActionStatus.FAILURE
    assert "the step's summary is full (1 MiB), nothing was added" in outcome.message
    assert page.stat().st_size == 1024 * 1024 - 10


# --- with a token -----------------------------------------------------------------------------------------------------


def test_a_status_and_a_comment_on_a_pull_request(pull):
    github = GitHub("LGTM")
    outcome, got = told(github)
    assert outcome.status is ActionStatus.SUCCESS, outcome
    assert outcome.message.endswith("commit status set, comment made")
    status = got[0]
    assert (status.method, status.path) == ("POST", f"/repos/o/r/statuses/{HEAD}")
    assert status.headers["authorization"] == f"Bearer {TOKEN}"
    assert status.json == {
        "state": "failure", "description": "FAILED: 2 failed, 1 warned, 1 errored, 4 passed", "context": "truthound/users",
        "target_url": "https://github.com/o/r/actions/runs/77",
    }  # fmt: skip
    made = github.comments[-1]["body"]
    assert re.match(r"<!-- truthound:[0-9a-f]{16} -->\n## users: FAILED\n", made)
    assert TOKEN not in repr(outcome)


def test_the_comment_is_updated_in_place(pull):
    github = GitHub(*["hello"] * 60)
    told(github)
    assert len(github.comments) == 61
    outcome, got = told(github, passed_result())
    assert "comment updated" in outcome.message
    assert len(github.comments) == 61
    assert "## users: PASSED" in github.comments[60]["body"]
    assert got[-1].path == "/repos/o/r/issues/comments/160"
    told(github, failed_result(checkpoint_name="another"))
    assert len(github.comments) == 62


@pytest.mark.parametrize("me", [None, "octocat"])
def test_a_comment_of_another_author_is_not_updated(pull, me):
    first = GitHub(me=me)
    told(first)
    mark = first.comments[0]["body"].partition("\n")[0]
    github = GitHub(f"{mark}\nall is well, says eve", me=me)
    for number, said in ((2, "comment made"), (2, "comment updated")):
        outcome, _ = told(github)
        assert said in outcome.message
        assert len(github.comments) == number
    assert github.comments[0]["body"].endswith("says eve")


def test_the_mark_of_another_bot_does_not_lead_to_a_comment_a_run(pull):
    first = GitHub()
    told(first)
    github = GitHub("of another bot", patch={"100": 403})
    github.comments[0] |= {"body": first.comments[0]["body"], "user": {"login": "echo[bot]", "type": "Bot"}}
    assert ["comment made" in told(github)[0].message for _ in range(3)] == [True, False, False]
    assert len(github.comments) == 2


@pytest.mark.parametrize("code", [403, 404])
def test_a_comment_that_cannot_be_updated_is_replaced_by_a_new_one(pull, code):
    github = GitHub(patch=code)
    told(github)
    outcome, _ = told(github)
    assert outcome.status is ActionStatus.SUCCESS
    assert "comment made" in outcome.message
    assert len(github.comments) == 2


def test_a_part_that_fails_does_not_stop_the_others(pull, workflow):
    github = GitHub(statuses=503)
    with serving(by=github) as server:
        action = GitHubAction(api_url=server.url, comment_on_pr=True, retry_count=2)
        outcome = flow.run(run_stages(action, FAILING, ActionContext()), sleep=lambda _: None)
    assert not outcome.delivered
    assert "comment made" in outcome.message
    assert "503" in outcome.message
    assert len(github.comments) == 1  # a retry does not make another
    assert len([s for s in server.got if "/statuses/" in s.path]) == 3


@pytest.mark.parametrize("variable", ["GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"])
def test_a_file_that_cannot_be_written_does_not_stop_the_others(pull, workflow, monkeypatch, capsys, variable):
    monkeypatch.setenv(variable, str(workflow / "gone" / "file"))
    github = GitHub()
    outcome, _ = told(github)
    assert outcome.status is ActionStatus.FAILURE
    other = "outputs set" if variable == "GITHUB_STEP_SUMMARY" else "summary written"
    assert {"4 annotations", other, "commit status set", "comment made"} < set(outcome.message.split("; "))
    assert "gone/file cannot be written: No such file or directory" in outcome.message
    assert len(github.comments) == 1


def test_an_unfinished_workflow_command_is_not_continued(workflow):
    (workflow / "output").write_text("mine=1")
    told(GitHub(), passed_result())
    assert (workflow / "output").read_text().startswith("mine=1\nstatus<<")


def test_a_first_success_makes_no_comment_unless_asked_for(pull):
    github = GitHub()
    assert told(github, passed_result())[0].status is ActionStatus.SUCCESS
    assert github.comments == []
    told(github, passed_result(), comment_on_pr=True)
    assert len(github.comments) == 1


def test_a_comment_stays_within_its_limit(pull):
    github = GitHub()
    told(github, many_issues(1000), include_examples=True)
    body = github.comments[0]["body"]
    assert 5000 < len(body.encode()) <= 65_536
    assert not re.search(r"@\w", body)


def test_a_branch_has_no_pull_request(workflow):
    outcome, got = told(GitHub(), token=TOKEN)
    assert outcome.status is ActionStatus.SUCCESS
    assert [s.path for s in got] == [f"/repos/o/r/statuses/{SHA}"]
    assert "no pull request to comment on" in outcome.details["not_done"]


@pytest.mark.parametrize(("ref", "number"), [("refs/pull/5/merge", "5"), ("refs/pull/x/merge", None)])
def test_the_pull_request_of_the_ref(workflow, monkeypatch, ref, number):
    monkeypatch.setenv("GITHUB_REF", ref)
    _, got = told(GitHub(), token=TOKEN, set_commit_status=False)
    assert [s.path.split("/")[5] for s in got if s.method == "GET"] == ([f"{number}"] if number else [])


def test_a_missing_permission_is_a_failure_only_if_the_part_is_requested(pull):
    outcome, _ = told(GitHub(statuses=403, issues=403))
    assert outcome.status is ActionStatus.SUCCESS
    assert any("Resource not accessible" in n and "permissions" in n for n in outcome.details["not_done"])
    outcome, got = told(GitHub(statuses=403), set_commit_status=True)
    assert outcome.status is ActionStatus.FAILURE
    assert "403" in outcome.message
    assert "comment made" in outcome.message  # what can be done is done
    assert got[-1].method == "POST"
    assert told(GitHub(statuses=401))[0].status is ActionStatus.FAILURE


def test_a_retry_writes_the_files_once(pull, workflow, capsys):
    answers = iter([Answer(503), Answer(403, {"message": "slow down"}, headers={"Retry-After": "9"})])
    github, waits = GitHub(), []
    with serving(by=lambda sent: next(answers, None) or github(sent)) as server:
        action = GitHubAction(api_url=server.url)
        outcome = flow.run(run_stages(action, FAILING, ActionContext()), sleep=waits.append)
        assert outcome.status is ActionStatus.SUCCESS, outcome
        assert outcome.message == "summary written, 4 annotations, outputs set, commit status set, comment made"
        assert outcome.details["attempts"] == 2
        assert waits == [pytest.approx(9, abs=1)]
        assert (workflow / "summary.md").read_text().count("## users") == 1
        assert len(capsys.readouterr().err.splitlines()) == 4
        asyncio.run(action.aexecute(FAILING))
    assert (workflow / "summary.md").read_text().count("## users") == 2


def test_a_run_whose_actions_were_not_delivered_is_no_success(pull):
    undelivered = passed_result(action_results=FAILING.action_results)
    with serving(by=GitHub()) as server:
        GitHubAction(api_url=server.url, create_check_run=True, set_commit_status=True, comment_on_pr=False).execute(
            undelivered
        )
    status, check = (sent.json for sent in server.got)
    assert (status["state"], check["conclusion"]) == ("error", "failure")
    assert status["description"].startswith("UNDELIVERED")


def test_a_check_run(pull, workflow):
    _, got = told(GitHub(), create_check_run=True, set_commit_status=False, comment_on_pr=False)
    (sent,) = got
    assert sent.path == "/repos/o/r/check-runs"
    assert {k: sent.json[k] for k in ("name", "head_sha", "status", "conclusion")} == {
        "name": "truthound/users", "head_sha": HEAD, "status": "completed", "conclusion": "failure",
    }  # fmt: skip
    assert sent.json["output"]["annotations"] == [
        {"path": "truthound.yaml", "start_line": 31, "end_line": 31, "annotation_level": "failure",
         "message": 'error: prise: column not found: did you mean "price"?', "title": "users: range: prise"},
    ]  # fmt: skip
    assert sent.json["output"]["summary"].startswith("## users: FAILED")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"repository": "o/r/../../x"}, "give owner/name"),
        ({"sha": "main"}, "a commit's hash"),
        ({"pr_number": 0}, "greater than or equal to 1"),
        ({"comment_on_prs": True}, 'did you mean "comment_on_pr"'),
        ({"api_url": "file:///x"}, "must begin with https://"),
    ],
)
def test_mistakes(options, said):
    with pytest.raises(ConfigError) as error:
        GitHubAction(**options)
    assert said in str(error.value)


def test_a_repository_of_the_environment_is_checked_too(workflow, monkeypatch):
    monkeypatch.setenv("GITHUB_REPOSITORY", "o/../../user")
    outcome, got = told(GitHub(), token=TOKEN)
    assert outcome.status is ActionStatus.FAILURE
    assert not got


def test_an_invalid_event_file(workflow, monkeypatch):
    for text in ("", "[]", '{"pull_request": []}', '{"pull_request": {"number": "x", "head": {"sha": "../x"}}}'):
        (workflow / "event.json").write_text(text)
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(workflow / "event.json"))
        outcome, got = told(GitHub(), token=TOKEN)
        assert outcome.status is ActionStatus.SUCCESS, (text, outcome)
        assert [s.path for s in got] == [f"/repos/o/r/statuses/{SHA}"]
