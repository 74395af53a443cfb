import json

import pytest

from helpers.loopback import Answer, serving
from truthound.checkpoint.actions.channel import Channel
from truthound.checkpoint.actions.registry import action_class, action_types

SECRET = "s3cr3tT0kenValue0123456789"


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    import os

    for name in [*os.environ]:
        if name.startswith(("GITHUB_", "GH_", "SLACK_", "TRUTHOUND_WEBHOOK")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def body(out):
    """The JSON of the last request that was printed."""
    return json.loads(out.strip().splitlines()[-1])


def test_list(cli):
    code, out, err = cli("action", "list")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines() if not line.startswith(" ")] == action_types()
    lines = [line.strip() for line in out.splitlines()]
    assert lines[lines.index("SLACK_WEBHOOK_URL or SLACK_WEBHOOK") - 1].endswith("Sends one message a run to Slack.")


def test_a_type(cli):
    with serving() as server:
        code, out, err = cli(
            "action", "test", "webhook", "--set", f"url={server.url}/hook", "--set", "success_codes=[200]",
            "--set", "headers.X-Colour=#fff",
        )  # fmt: skip
    assert (code, err) == (0, "")
    assert out == "webhook: success: POST localhost: 200: 2 issues\n"
    (sent,) = server.got
    assert sent.headers["x-colour"] == "#fff"
    assert sent.json["tags"] == {"test": "true"}
    assert sent.json["checkpoint_name"] == "truthound (test)"


def test_a_type_with_what_the_environment_gives(cli, monkeypatch):
    with serving() as server:
        monkeypatch.setenv("SLACK_WEBHOOK", f"{server.url}/services/{SECRET}")
        assert cli("action", "test", "slack")[0] == 0
    assert "test" in server.got[0].body.decode()


def test_a_refusal_is_exit_4_and_not_asked_again(cli):
    with serving(Answer(503)) as server:
        code, out, _ = cli("action", "test", "webhook", "--set", f"url={server.url}/{SECRET}")
    assert (code, len(server.got)) == (4, 1)
    assert out.startswith("webhook: failure: the webhook (localhost (#")
    assert SECRET not in out


def test_what_sends_nothing_is_exit_4(cli):
    assert cli("action", "test", "slack") == (
        4, "slack: error: webhook_url is not given; give it, or set the environment variable SLACK_WEBHOOK_URL or SLACK_WEBHOOK\n", "",
    )  # fmt: skip
    code, out, _ = cli("action", "test", "github")
    assert code == 4
    assert out.startswith("github: skipped: this is not a workflow")


def test_a_dry_run_sends_nothing_and_masks_the_secrets(cli):
    with serving() as server:
        code, out, err = cli(
            "action", "test", "webhook", "--dry-run", "--set", f"url={server.url}/{SECRET}", "--set", "auth_type=api_key",
            "--set", f"auth_credentials.key={SECRET}2", "--set", "auth_credentials.location=query",
            "--set", f"payload_template={{{{ summary }}}}{SECRET}2", "--set", "headers.content-type=text/plain",
        )  # fmt: skip
    assert (code, err) == (0, "")
    assert server.got == []
    lines = out.splitlines()
    assert lines[:4] == [
        "webhook: dry run, nothing is sent",
        "",
        "POST http://localhost/•••",
        "content-type: text/plain",
    ]
    assert SECRET not in out
    assert out.endswith("•••\n")


def test_a_dry_run_prints_the_body_as_it_is_sent(cli):
    with serving() as server:
        options = ("action", "test", "slack", "--set", f"webhook_url={server.url}/x")
        dry = body(cli(*options, "--dry-run")[1])
        cli(*options)
    sent = server.got[0].json
    assert dry["blocks"][1] == sent["blocks"][1]
    assert dry.keys() == sent.keys()


def test_a_dry_run_of_a_mail_is_for_people(cli):
    code, out, err = cli(
        "action", "test", "email", "--dry-run", "--set", "smtp_host=mail.example.com", "--set", "to_addresses=a@example.com",
        "--set", "from_address=Ünal <b@example.com>", "--set", "smtp_user=me", "--set", f"smtp_password={SECRET}",
        "--set", f"custom_message=é {SECRET}\nthere",
    )  # fmt: skip
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[2] == "by smtp to a@example.com"
    assert "From: Ünal <b@example.com>" in lines
    assert "Subject: [FAILED] truthound (test)" in lines
    assert "é •••" in lines
    assert "there" in lines
    assert lines[-1].startswith("(and an HTML part of ")
    assert not set(out) & {"\\", "\r"}
    assert SECRET not in out


def test_a_dry_run_of_several_requests_and_files(cli, folder, monkeypatch):
    for name, value in {
        "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(folder / "summary"), "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_TOKEN": SECRET, "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": "a" * 40, "GITHUB_REF": "refs/pull/7/merge",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    code, out, _ = cli("action", "test", "github", "--dry-run")
    assert code == 0
    assert sorted(p.name for p in folder.iterdir()) == []
    heads = [line for line in out.splitlines() if line.startswith(("POST", "GET", "to "))]
    assert heads == [
        "to the file GITHUB_STEP_SUMMARY",
        "to standard error",
        "to the file GITHUB_OUTPUT",
        f"POST https://api.github.com/repos/o/r/statuses/{'a' * 40}",
        "GET https://api.github.com/repos/o/r/issues/7/comments?per_page=50&page=1",
        "POST https://api.github.com/repos/o/r/issues/7/comments",
    ]
    assert "authorization: Bearer •••" in out
    assert SECRET not in out


TELEGRAM = ("action", "test", "telegram_photo", "--dry-run", "--set", "bot_token=123456:ABC-DEF", "--set", "chat_id=5")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "with a chart of the last runs, which is drawn then, in a form (multipart/form-data)"),
        (("--set", "photo_path=a.png"), "with the photo a.png, in a form (multipart/form-data)"),
        (("--set", "photo_path=b.png"), "the photo b.png does not exist: the message would be sent without it"),
    ],
)
def test_a_dry_run_tells_of_the_photo(cli, tmp_path, monkeypatch, options, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.png").touch()
    code, out, _ = cli(*TELEGRAM, *options)
    assert code == 0
    assert said in out
    assert "multipart" not in cli(*TELEGRAM, "--set", "photo_url=https://example.com/a.png")[1]


def test_several_mistakes_are_told_one_by_one(cli):
    missing = [f"telegram: error: {o} is not given; give it, or set the environment variable TELEGRAM_{o.upper()}"
               for o in ("bot_token", "chat_id")]  # fmt: skip
    assert cli("action", "test", "telegram", "--dry-run")[1].splitlines()[1:3] == missing
    assert cli("action", "test", "telegram")[1] == f"{missing[0]}; {missing[1].removeprefix('telegram: error: ')}\n"


CONFIG = """checkpoints:
- name: users
  data_source: users.csv
  validators: [unique]
  actions:
  - {{type: store_result, store_path: results}}
  - {{type: webhook, name: first, url: {url}/1, notify_on: success}}
  - {{type: webhook, name: second, url: {url}/2, retry_count: 9}}
  - {{type: webhook, name: off, url: {url}/3, enabled: false}}
- name: bare
  data_source: users.csv
  validators: [unique]
"""


def test_a_checkpoint(cli, folder):
    with serving(by=lambda sent: Answer(200 if sent.path == "/1" else 404)) as server:
        (folder / "truthound.yaml").write_text(CONFIG.format(url=server.url))
        code, out, _ = cli("action", "test", "users")
    assert code == 4
    lines = out.splitlines()
    assert lines[0] == "store_result: skipped: sends no message"
    assert lines[1] == "first: success: POST localhost: 200: 2 issues"
    assert lines[2].startswith("second: failure: ")
    assert lines[3] == "off: skipped: not enabled (enabled: false)"
    assert [s.path for s in server.got] == ["/1", "/2"]
    assert server.got[0].json["checkpoint_name"] == "users (test)"
    assert not (folder / "results").exists()
    assert cli("action", "test", "users", "--dry-run", "-c", "truthound.yaml")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["slck"],
            '"slck" is not an action type, and there is no truthound.yaml here with checkpoints; did you mean "slack"?',
        ),
        (["store_result"], '"store_result" actions send no message'),
        (["custom"], '"custom" actions send no message'),
        (["webhook", "--set", "url"], "does not have the form key=value"),
        (["webhook", "--set", "url.a=1", "--set", "url=1", "--set", "url.b=2"], "url already has a value"),
        (["webhook", "--set", "methd=GET"], 'did you mean "method"'),
        (["users", "--set", "a=b"], "--set needs an action type"),
    ],
)
def test_mistakes(cli, arguments, said):
    code, out, err = cli("action", "test", *arguments)
    assert (code, out) == (2, "")
    assert said in " ".join(err.split()).replace("│ │ ", "")


def test_a_checkpoint_that_sends_nothing(cli, folder):
    (folder / "truthound.yaml").write_text(CONFIG.format(url="http://localhost:1"))
    code, _, err = cli("action", "test", "bare")
    assert code == 2
    assert 'no enabled action of the checkpoint "bare" sends a message' in err
    assert (
        cli("action", "test", "usres")[2] == 'error: no checkpoint "usres" in truthound.yaml; did you mean "users"?\n'
    )


# --- of `truthound checkpoint` ----------------------------------------------------------------------------------------


def test_validate_warns_of_what_actions_lack_here(cli, project, monkeypatch):
    file = project / "truthound.yaml"
    file.write_text(file.read_text() + "  actions:\n  - type: slack\n  - {type: webhook, enabled: false}\n")
    code, out, err = cli("checkpoint", "validate")
    assert (code, out) == (0, "truthound.yaml: ok: 2 checkpoints, 4 validators, 3 actions\n")
    assert err == (
        "warning: cities: action slack: webhook_url is not given; give it, or set the environment variable "
        "SLACK_WEBHOOK_URL or SLACK_WEBHOOK\n"
    )
    monkeypatch.setenv("SLACK_WEBHOOK", "https://hooks.slack.com/x")
    assert cli("checkpoint", "validate")[2] == ""


def test_channels_of_the_command_line(cli, project):
    with serving() as server:
        code, _, _ = cli("checkpoint", "run", "users", "--slack", f"{server.url}/s", "--webhook", f"{server.url}/w")
    assert code == 1
    assert [s.path for s in server.got] == ["/s", "/w"]
    assert server.got[1].json["checkpoint_name"] == "users"
    assert (project / "results").exists()  # the file's own actions are done too


def test_a_channel_of_the_command_line_that_is_down(cli, project):
    with serving(Answer(404)) as server:
        code, out, _ = cli("checkpoint", "run", "cities", "--webhook", f"{server.url}/{SECRET}")
    assert code == 4
    assert SECRET not in out
    code, _, err = cli("checkpoint", "run", "cities", "--slack", "file:///etc/passwd")
    assert code == 2
    assert "webhook_url: it must begin with https://" in err


def test_the_summary_of_github(cli, project, monkeypatch):
    for name, file in (("GITHUB_STEP_SUMMARY", "summary"), ("GITHUB_OUTPUT", "output")):
        monkeypatch.setenv(name, str(project / file))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    code, out, _ = cli("checkpoint", "run", "users", "--github-summary", "--strict")
    assert code == 1
    assert (
        "\n::error file=truthound.yaml,line=6,endLine=6,col=5,title=users%3A null%3A email::critical: email: not null"
        in out
    )
    assert (project / "summary").read_text().startswith("## ❌ users: FAILED")
    assert "<details>" in (project / "summary").read_text()
    assert "total_issues<<" in (project / "output").read_text()
    _, out, _ = cli("checkpoint", "run", "users", "--github-summary", "--format", "json")
    assert json.loads(out)["status"] == "failure"  # nothing but the document


def test_the_summary_is_written_once(cli, project, monkeypatch):
    file = project / "truthound.yaml"
    file.write_text(file.read_text() + "  actions: [{type: github, annotations: false}]\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project / "summary"))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    cli("checkpoint", "run", "cities", "--github-summary")
    assert (project / "summary").read_text().count("## cities") == 1


def test_a_dry_run_needs_no_account(cli, monkeypatch):
    for name in ("TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID"):
        monkeypatch.delenv(name, raising=False)
    code, out, _ = cli("action", "test", "telegram", "--dry-run")
    assert code == 4
    lines = out.splitlines()
    assert [line.partition(" is not given")[0] for line in lines[1:3]] == [
        "telegram: error: bot_token",
        "telegram: error: chat_id",
    ]
    assert lines[3:6] == [
        "telegram: shown with placeholders for bot_token and chat_id",
        "",
        "POST https://api.telegram.org/bot•••/sendMessage",
    ]
    assert json.loads(lines[-1])["chat_id"] == "@channel"


@pytest.mark.parametrize(
    "kind", sorted(t for t in action_types() if issubclass(action_class(t), Channel) and t != "github")
)
def test_every_channel_can_be_looked_at_without_an_account(cli, kind, monkeypatch):
    for name in [n for names in action_class(kind).variables.values() for n in names]:
        monkeypatch.delenv(name, raising=False)
    code, out, err = cli("action", "test", kind, "--dry-run")
    assert (code, err) == (4, "")
    assert "placeholders" in out
    assert "5,000 rows" in out
