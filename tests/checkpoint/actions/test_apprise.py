import importlib.util
import json
import logging
import os

import pytest

from helpers.hostile import many_issues
from helpers.loopback import Answer, serving
from helpers.made_results import FAILING, failed_result, passed_result
from helpers.support import need
from truthound.checkpoint.actions import ActionContext, ActionStatus, AppriseAction
from truthound.errors import ConfigError

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # apprise imports it
SECRET = "s3cr3tT0kenValue0123456789"


@pytest.fixture(autouse=True)
def _direct(monkeypatch, request):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "APPRISE_URLS"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def _installed():
    need(importlib.util.find_spec("apprise") is not None, "apprise is not installed")


def local(server, path=SECRET, scheme="json"):
    """Apprise's URL for a server here."""
    return f"{scheme}://{server.url.partition('://')[2]}/{path}"


@pytest.mark.usefixtures("_installed")
def test_it_sends_to_each_url():
    with serving() as server:
        action = AppriseAction(urls=[local(server), local(server, "other")])
        outcome = action.execute(FAILING)
    assert outcome.status is ActionStatus.SUCCESS, outcome
    assert (outcome.message, outcome.details["services"]) == ("sent to 2 services", ["JSON", "JSON"])
    assert sorted(s.path for s in server.got) == ["/other", f"/{SECRET}"]
    sent = server.got[0].json
    assert (sent["title"], sent["type"]) == ("users: FAILED", "failure")
    assert sent["message"].startswith("Data: users.csv\n")
    assert "critical  email: not null: 93 (1.86%)" in sent["message"]
    assert AppriseAction(urls="json://localhost").execute(passed_result()).status is ActionStatus.SKIPPED


@pytest.mark.usefixtures("_installed")
def test_the_environments_urls(monkeypatch):
    with serving() as server:
        monkeypatch.setenv("APPRISE_URLS", f"{local(server, 'a')}, {local(server, 'b')}\n{local(server, 'c')}")
        outcome = AppriseAction().execute(FAILING)
    assert outcome.message == "sent to 3 services"
    assert "APPRISE_URLS" in AppriseAction().problems({})[0]


@pytest.mark.usefixtures("_installed")
def test_a_service_that_accepted_the_message_does_not_get_it_again():
    with serving(by=lambda sent: Answer(503 if sent.path == "/bad" else 200)) as server:
        options = {"retry_count": 2, "retry_delay_seconds": 0}
        outcome = AppriseAction(urls=[local(server, "good"), local(server, "bad")], **options).execute(FAILING)
        assert [s.path for s in server.got] == ["/good", "/bad"]
        assert outcome.status is ActionStatus.FAILURE
        assert "1 of 2 services did not take the message: JSON (Failed to send JSON" in outcome.message
        outcome = AppriseAction(urls=[local(server, "bad")], **options).execute(FAILING)
        assert outcome.details["attempts"] == 3
        assert "may_have_been_delivered" not in outcome.details


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize(
    ("answer", "unsure", "attempts"),
    [(Answer(500), True, 1), (Answer(hang=True), True, 1), (Answer(404), False, 1), (Answer(429), False, 3)],
    ids=["500", "hang", "404", "429"],
)
def test_a_message_that_may_have_been_delivered_is_not_sent_again(answer, unsure, attempts):
    with serving(answer) as server:
        url = f"{local(server)}?rto=0.2"
        outcome = AppriseAction(urls=[url], retry_count=2, retry_delay_seconds=0).execute(FAILING)
        assert (outcome.status.value, outcome.details["attempts"]) == ("failure", attempts)
        assert outcome.details.get("may_have_been_delivered", False) is unsure
        assert ("may have been delivered" in outcome.message) is unsure
        if unsure:
            again = AppriseAction(urls=[url], retry_count=2, retry_delay_seconds=0, at_least_once=True).execute(FAILING)
            assert again.details["attempts"] == 3


@pytest.mark.usefixtures("_installed")
def test_titles_and_bodies():
    with serving() as server:
        action = AppriseAction(
            urls=local(server),
            title="{{ verdict | lower }} {checkpoint_name}",
            body="{source}: {issue_count}\n{summary}",
        )
        assert action.execute(FAILING).status is ActionStatus.SUCCESS
    sent = server.got[0].json
    assert sent["title"] == "failed users"
    assert sent["message"].startswith("users.csv: 4\nusers: FAILED\nData: users.csv\n")


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize("options", [{}, {"body": "{checkpoint_name}\n{summary}"}])
def test_a_service_with_a_low_limit_gets_less_and_mentions_nobody(options):
    import apprise

    with serving() as server:
        url = local(server, scheme="json")
        kind = type(apprise.Apprise.instantiate(url))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kind, "body_maxlen", 700)
            outcome = AppriseAction(urls=url, include_examples=True, **options).execute(many_issues(1000))
    assert outcome.status is ActionStatus.SUCCESS, outcome
    body = server.got[0].json["message"]
    assert 100 < len(body) <= 700
    for told in ("@everyone", "<!everyone>", "<@U12345678>", "@here", "\x1b"):
        assert told not in json.dumps(server.got[0].json, ensure_ascii=False)


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize("answer", [Answer(), Answer(404), Answer(400, {"message": f"bad token {SECRET}"})])
def test_secrets_stay_secret(answer, caplog):
    caplog.set_level(logging.DEBUG)
    with serving(answer) as server:
        action = AppriseAction(urls=local(server))
        outcome = action.execute(FAILING)
    assert server.got
    assert SECRET not in repr(outcome) + repr(action) + caplog.text


@pytest.mark.usefixtures("_installed")
def test_unknown_urls_are_reported():
    action = AppriseAction(urls=["json://localhost", f"nope://{SECRET}", f"discord://{SECRET}"])
    problems = action.problems({})
    assert [p.partition(":")[0] for p in problems] == ["urls.1", "urls.2"]
    assert "nope://..." in problems[0]
    outcome = action.execute(FAILING)
    assert outcome.status is not ActionStatus.SUCCESS
    assert SECRET not in str(problems) + repr(outcome)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    action = AppriseAction(urls="json://localhost")
    assert action.problems(os.environ) == [
        "the package apprise is not installed; install it with: pip install 'truthound[apprise]'"
    ]
    outcome = action.execute(FAILING)
    assert (outcome.status, "truthound[apprise]" in outcome.message) == (ActionStatus.ERROR, True)


def test_a_preview_sends_nothing():
    (text,) = AppriseAction(urls="json://localhost:1").preview(failed_result(), ActionContext())
    assert text.startswith("to 1 service of Apprise\nusers: FAILED\nData: users.csv\n")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"urls": ["https//x"]}, "service://"),
        ({"urls": []}, "at least 1"),
        ({"urls": [3]}, "urls.0"),
        ({"title": "{{ x }}"}, 'knows no "x"'),
        ({"url": "json://x"}, 'did you mean "urls"'),
    ],
)
def test_mistakes(options, said):
    with pytest.raises(ConfigError) as error:
        AppriseAction(**options)
    assert said in str(error.value)
