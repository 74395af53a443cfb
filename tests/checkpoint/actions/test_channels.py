"""Every HTTP channel, on both faces, against a real server that behaves and misbehaves."""

import asyncio
import base64
import html
import json
import logging
import socket
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import trustme

from helpers.channels import CHANNELS, SECRET
from helpers.hostile import many_issues
from helpers.limits import LIMITS, beyond
from helpers.loopback import Answer, Sent, Server, serving
from helpers.made_results import failed_result, passed_result
from truthound.checkpoint import actions
from truthound.checkpoint.actions.base import Action
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.option_values import Resolution
from truthound.checkpoint.actions.response import parse_retry_after
from truthound.checkpoint.delivery import run_stages
from truthound.io import flow
from truthound.results import ActionResult, ActionStatus, CheckpointResult

# what would notify or run if it were in a request as it stands
HTTPS = "https://example.com"
FORBIDDEN: dict[str, tuple[str, ...]] = {
    "slack": ("<!everyone>", "<@U12345678>"),
    "mattermost": ("@everyone", "@here"),
    "google_chat": ("@everyone", "<@U12345678>", "<img"),
    "opsgenie": ("<script", "<img"),
    "teams": ("<at>", '"entities"'),
    "telegram": ("@everyone", "<script", "<at>"),
    "telegram_photo": ("@everyone", "<script", "<at>"),
    "discord": ("@everyone", "<@&123456>", "@here"),
}


def in_thread(action: Action, result: CheckpointResult, waits: list[float]) -> ActionResult:
    return flow.run(run_stages(action, result, ActionContext()), sleep=waits.append)


def on_loop(action: Action, result: CheckpointResult, waits: list[float]) -> ActionResult:
    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    return asyncio.run(flow.arun(run_stages(action, result, ActionContext()), sleep=sleep))


Face = Callable[[Action, CheckpointResult, list[float]], ActionResult]


@pytest.fixture(params=[in_thread, on_loop], ids=["thread", "loop"])
def face(request: pytest.FixtureRequest) -> Face:
    return request.param


@pytest.fixture(params=sorted(CHANNELS))
def channel(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def make(channel: str) -> Callable[..., Action]:
    return lambda url, **options: CHANNELS[channel](url, **({"retry_delay_seconds": 1.0} | options))


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def told_everywhere(outcome: ActionResult, action: Action, caplog: pytest.LogCaptureFixture) -> str:
    """All that people may get to see."""
    return "\n".join(
        [
            repr(outcome), json.dumps(outcome.to_dict()), repr(action), str(action), caplog.text,
            *(repr(r.__dict__) for r in caplog.records),
        ]
    )  # fmt: skip


def test_a_confirmed_delivery_is_a_success(face, make):
    with serving() as server:
        outcome = face(make(server.url), failed_result(), [])
    assert outcome.status is ActionStatus.SUCCESS, outcome
    assert outcome.details["attempts"] == 1
    assert server.got
    assert outcome.duration_ms > 0


def test_transient_errors_are_retried(face, make):
    waits: list[float] = []
    with serving(Answer(503), Answer(429, headers={"Retry-After": "17"}), Answer()) as server:
        outcome = face(make(server.url), failed_result(), waits)
    assert outcome.status is ActionStatus.SUCCESS, outcome
    assert outcome.details["attempts"] == 3
    assert 0.75 <= waits[0] <= 1.0
    assert waits[1] >= 17


def test_an_invalid_link_is_left_out_of_the_message(face, make, channel):
    for link in ("www.example.com/{run_id}", "file:///etc/x", "javascript:alert(1)"):
        with serving() as server:
            outcome = face(make(server.url, report_url=link), failed_result(), [])
        assert outcome.status is ActionStatus.SUCCESS
        assert outcome.message.endswith("".join(f"; {n}" for n in outcome.details["notes"]))
        assert "a link was left out" in outcome.details["notes"][0]
        assert link.partition("{")[0] in outcome.details["notes"][0]
        if channel != "webhook":  # its options are not what it sends
            assert b"example.com/run" not in server.got[0].body


def test_an_invalid_link_is_reported_before_a_run(make):
    assert "report_url: it must begin with https:// (or http://)" in make(HTTPS, report_url="www.example.com").problems(
        {}
    )
    for link in ("{metadata}", "${LINK:-x}", "https://example.com/{run_id}"):
        assert not [
            p for p in make(HTTPS, report_url=link).with_resolution(Resolution()).problems({}) if "report_url" in p
        ]


FAILS = "{{ metadata.x.y }}"
OWN: dict[str, tuple[str, ...]] = {
    "slack": ("custom_message",),
    "teams": ("custom_message",),
    "discord": ("custom_message", "embed_title", "embed_description", "thread_name"),
    "telegram": ("message_template",),
    "telegram_photo": ("caption",),
    "pagerduty": ("client_url", "dedup_key_template"),
    "opsgenie": ("alias_template",),
    "mattermost": ("payload_template",),
    "google_chat": ("payload_template",),
}


def test_a_template_that_fails_is_replaced_by_the_default_text(face, make, channel):
    for option in (*OWN.get(channel, ()), "report_url"):
        with serving() as server:
            plain = face(make(server.url), failed_result(), [])
            outcome = face(make(server.url, **{option: FAILS}), failed_result(), [])
        assert outcome.status is ActionStatus.SUCCESS
        assert outcome.message.startswith(plain.message)
        assert outcome.details["notes"][0].startswith(f"{option}: the template fails: UndefinedError")
        first, second = (s.body for s in server.got if s.method == "POST")
        assert channel == "telegram_photo" or first == second


def test_parts_with_templates_that_fail_are_left_out():
    parts = {
        "discord": {"embed_fields": [{"name": "a", "value": "b"}, {"name": "c", "value": FAILS}]},
        "pagerduty": {"links": [{"href": "https://example.com/a"}, {"href": FAILS}]},
    }
    for name, options in parts.items():
        with serving() as server:
            outcome = in_thread(CHANNELS[name](server.url, **options), failed_result(), [])
        assert outcome.status is ActionStatus.SUCCESS
        assert len(outcome.details["notes"]) == 1
        sent = server.got[0].json
        kept = sent["embeds"][0]["fields"] if name == "discord" else sent["links"]
        assert len(kept) == 1


PORTAL = b"<!DOCTYPE html><html><body>Please log in to the guest network</body></html>"


def test_a_page_of_another_server_is_not_a_delivery(face, make, channel):
    with serving(Answer(200, PORTAL, {"Content-Type": "text/html"})) as server:
        outcome = face(make(server.url), failed_result(), [])
    if channel in ("webhook", "github"):  # a webhook's receiver may answer what it likes
        return
    assert (outcome.status, outcome.details["attempts"]) == (ActionStatus.FAILURE, 1)
    assert "answered 200, but that does not confirm delivery: an accepted message is answered" in outcome.message
    assert "this is text/html: <!DOCTYPE html>" in outcome.message


@pytest.mark.parametrize(
    ("name", "status", "body", "fine"),
    [
        ("slack", 200, b"ok", True),
        ("slack", 200, b"", False),
        ("slack", 202, b"ok\n", True),
        ("mattermost", 200, b"ok", True),
        ("mattermost", 200, {"ok": True}, False),
        ("telegram", 200, {"ok": True, "result": {}}, True),
        ("telegram", 200, {"ok": 1}, False),
        ("telegram_photo", 200, {"ok": False}, False),
        ("discord", 204, b"", True),
        ("discord", 200, {"id": "1"}, True),
        ("discord", 200, {"id": ""}, False),
        ("discord", 200, b"", False),
        ("google_chat", 200, {"name": "spaces/1"}, True),
        ("google_chat", 200, ["name"], False),
        ("teams", 202, b"", True),
        ("teams", 200, b"1", False),
        ("pagerduty", 202, {"status": "success"}, True),
        ("pagerduty", 200, {"status": "success"}, False),
        ("pagerduty", 202, {"status": "invalid event"}, False),
        ("opsgenie", 202, {"requestId": "1"}, True),
        ("opsgenie", 202, {"result": "Request will be processed"}, False),
        ("webhook", 204, b"", True),
    ],
)
def test_responses_that_confirm_a_delivery(name, status, body, fine):
    options = {"wait_for_outcome": False} if name == "opsgenie" else {}
    with serving(Answer(status, body)) as server:
        outcome = in_thread(CHANNELS[name](server.url, **options), failed_result(), [])
    assert (outcome.status is ActionStatus.SUCCESS) is fine, outcome.message


def test_a_service_that_stays_down_is_given_up(face, make):
    with serving(Answer(503, {"message": "down for maintenance"})) as server:
        outcome = face(make(server.url, retry_count=2), failed_result(), [])
    assert outcome.status is ActionStatus.FAILURE
    assert outcome.details["attempts"] == 3
    assert outcome.details["status_code"] == 503
    assert "503" in outcome.message
    assert "maintenance" in outcome.message


def test_a_refused_message_is_not_sent_again(face, make):
    with serving(Answer(404, {"message": "no such hook"})) as server:
        outcome = face(make(server.url), failed_result(), [])
    assert outcome.status is ActionStatus.FAILURE
    assert len(server.got) == 1
    assert "404" in outcome.message
    assert "localhost" in outcome.message


def test_an_unreachable_server(face, make):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        outcome = face(make(f"http://localhost:{taken.getsockname()[1]}", retry_count=1), failed_result(), [])
    assert outcome.status is ActionStatus.FAILURE
    assert outcome.details["attempts"] == 2
    assert "could not be reached" in outcome.message


def test_a_server_that_hangs_is_given_up(face, make):
    with serving(Answer(hang=True)) as server:
        outcome = face(make(server.url, timeout_seconds=0.2, retry_count=0), failed_result(), [])
    assert outcome.status is ActionStatus.FAILURE
    assert "within 0.2 s" in outcome.message


def certificate(ca: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    return context


def test_a_certificate_that_is_not_trusted(face, make):
    with serving(tls=certificate(trustme.CA())) as server:
        outcome = face(make(server.url), failed_result(), [])
    assert outcome.status is ActionStatus.FAILURE
    assert not server.got
    assert outcome.details["attempts"] == 1
    assert "certificate" in outcome.message
    assert "SSL_CERT_FILE" in outcome.message


def test_a_private_authority_in_the_environment(face, make, tmp_path, monkeypatch):
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with serving(tls=certificate(ca)) as server:
        outcome = face(make(server.url), failed_result(), [])
    assert outcome.status is ActionStatus.SUCCESS, outcome


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(face, make, status):
    with serving(Answer(status, headers={"Location": f"http://elsewhere.example/{SECRET}"})) as server:
        outcome = face(make(server.url), failed_result(), [])
    assert outcome.status is ActionStatus.FAILURE
    assert len(server.got) == 1
    assert "elsewhere.example" in outcome.message
    assert SECRET not in repr(outcome)


def test_ten_thousand_hostile_issues(face, make, channel):
    result = many_issues(10_000)
    with serving() as server:
        outcome = face(make(server.url, include_examples=True), result, [])
    assert outcome.status is ActionStatus.SUCCESS, outcome
    body = server.got[0].body
    assert 0 < len(body) <= LIMITS[channel]
    assert beyond(channel, body) == []
    text = body.decode()
    for told in FORBIDDEN.get(channel, ()):
        assert told not in text


def test_nothing_is_sent_when_the_condition_does_not_hold(face, make):
    with serving() as server:
        outcome = face(make(server.url, notify_on="failure", **quiet(make)), passed_result(), [])
    assert outcome.status is ActionStatus.SKIPPED
    assert not server.got


def quiet(make: Callable[..., Action]) -> dict[str, Any]:
    """What makes an action that also closes what it opened say nothing on success."""
    fields = type(make("http://localhost")).model_fields
    return {o: False for o in ("resolve_on_success", "auto_resolve_on_success") if o in fields}


@pytest.mark.parametrize(
    "answer", [Answer(), Answer(404), Answer(503), Answer(302, headers={"Location": f"/{SECRET}"}), Answer(hang=True),
               Answer(400, {"message": f"bad token {SECRET}"})],
    ids=["200", "404", "503", "302", "hang", "echo"],
)  # fmt: skip
def test_secrets_stay_secret(face, make, caplog, answer):
    caplog.set_level(logging.DEBUG)
    with serving(answer) as server:
        action = make(server.url, retry_count=1, timeout_seconds=0.2 if answer.hang else 10)
        outcome = face(action, failed_result(), [])
    assert server.got
    assert SECRET not in told_everywhere(outcome, action, caplog)


@pytest.mark.parametrize("held", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_named(face, tmp_path, monkeypatch, held):
    path = tmp_path / "ca.pem"
    if held:
        path.write_text(held)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    outcome = face(CHANNELS["slack"]("https://localhost:1"), failed_result(), [])
    assert outcome.status is ActionStatus.ERROR
    assert outcome.message.startswith(f"the certificates of SSL_CERT_FILE={path} cannot be read: ")
    assert outcome.details["attempts"] == 1


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("before", [*range(270, 300, 4), *range(970, 1000, 4)])
def test_a_truncated_response_reveals_no_part_of_a_secret(status, before):
    with serving(Answer(status, ("x" * before + SECRET).encode())) as server:
        outcome = in_thread(CHANNELS["webhook"](server.url, retry_count=0), failed_result(), [])
    assert SECRET[:2] not in repr(outcome)


def test_errors_of_a_connection_reveal_no_secret(face, make, caplog):
    caplog.set_level(logging.DEBUG)
    action = make("http://localhost:1", retry_count=0)
    outcome = face(action, failed_result(), [])
    assert SECRET not in told_everywhere(outcome, action, caplog)


def test_a_huge_response_is_truncated(face, make):
    with serving(Answer(500, b"x" * 5_000_000)) as server:
        outcome = face(make(server.url, retry_count=0), failed_result(), [])
    assert outcome.status is ActionStatus.FAILURE
    assert len(json.dumps(outcome.to_dict())) < 5000
    assert server.got


def test_cancelling_stops_it(make):
    async def go(server: Server) -> bool:
        task = asyncio.ensure_future(flow.arun(run_stages(make(server.url), failed_result(), ActionContext())))
        while not server.got:  # noqa: ASYNC110 another thread fills it
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled() and asyncio.all_tasks() == {asyncio.current_task()}

    with serving(Answer(hang=True)) as server:
        assert asyncio.run(go(server))


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("17", 17),
        ("0.5", 0.5),
        ("Fri, 27 Nov 2026 01:40:07 GMT", 60),
        ("Fri, 27 Nov 2026 01:00:00 GMT", 0),
        ("soon", 0),
        ("", 0),
        ("-3", 0),
        ("²", 0),
        ("nan", 0),
        ("9" * 400, 0),
        ("9" * 4000, 0),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 0),
    ],
)
def test_a_retry_waits_as_long_as_the_service_asks(told, seconds):
    assert parse_retry_after(told, failed_result().run_time) == seconds


def test_a_service_that_asks_for_too_long_is_given_up(face, make):
    waits: list[float] = []
    with serving(Answer(429, headers={"Retry-After": "86400"})) as server:
        outcome = face(make(server.url), failed_result(), waits)
    assert (outcome.status, len(server.got), waits) == (ActionStatus.FAILURE, 1, [])
    assert outcome.details["retry_after"] == 86400


@pytest.mark.parametrize("kind", ["discord", "telegram"])
@pytest.mark.parametrize("asked", ["9" * 4000, "-5", "NaN", '"5"', "1e999", "true", "null", "[]"])
def test_an_implausible_retry_time_is_ignored(kind, asked):
    waits: list[float] = []
    body = f'{{"retry_after": {asked}, "parameters": {{"retry_after": {asked}}}}}'.encode()
    with serving(Answer(429, body), Answer(429, body, {"Retry-After": "3"}), Answer()) as server:
        action = CHANNELS[kind](server.url, retry_delay_seconds=1.0)
        outcome = in_thread(action, failed_result(), waits)
    assert outcome.status is ActionStatus.SUCCESS, outcome
    assert (0.75 <= waits[0] <= 1, waits[1]) == (True, 3)


def test_a_proxy_of_the_environment_is_used(face, monkeypatch):
    with serving() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        outcome = face(actions.SlackNotification(webhook_url="http://slack.example/services/x"), failed_result(), [])
    assert outcome.status is ActionStatus.SUCCESS
    assert proxy.got[0].path == "http://slack.example/services/x"


def echo(sent: Sent) -> Answer:
    """A no that repeats all it was sent, in most of the ways there are."""
    said = "\n".join([sent.path, *sent.headers.values(), sent.body.decode(errors="replace")])
    forms = (said, html.escape(said), quote_plus(said), base64.b64encode(said.encode()).decode())
    return Answer(400, {"message": "no", "forms": forms})


def test_a_response_that_repeats_the_request_reveals_no_secret(face, make, caplog):
    caplog.set_level(logging.DEBUG)
    action = make("http://localhost")
    with serving(by=echo) as server:
        action = make(server.url)
        outcome = face(action, failed_result(), [])
    assert outcome.status is ActionStatus.FAILURE
    told = told_everywhere(outcome, action, caplog)
    assert SECRET not in told
    assert not any(base64.b64encode(b"x" * n + SECRET.encode()).decode()[4:-4] in told for n in range(3))


def test_credentials_of_every_kind_stay_secret(face, caplog):
    password = 'pä"ss & <w/rd>\\'
    caplog.set_level(logging.DEBUG)
    with serving(by=echo) as server:
        action = actions.WebhookAction(
            url=server.url,
            auth_type="basic",
            auth_credentials={"username": "user", "password": password},
            headers={"X-Api-Token": 'h"ead&er'},
            payload_template={"said": password},
        )
        outcome = face(action, failed_result(), [])
    told = told_everywhere(outcome, action, caplog)
    basic = base64.b64encode(f"user:{password}".encode()).decode()
    for secret in (
        password,
        basic,
        html.escape(password),
        quote_plus(password),
        json.dumps(password)[1:-1],
        'h"ead&er',
    ):
        assert secret not in told
        assert json.dumps(secret)[1:-1] not in told


def test_a_password_in_the_url_stays_secret(face, caplog):
    password = 'p"ä ss/w:rd'
    caplog.set_level(logging.DEBUG)
    with serving(by=echo) as server:
        action = actions.WebhookAction(url=server.url.replace("://", f"://user:{quote(password, safe='')}@"))
        outcome = face(action, failed_result(), [])
    assert "authorization" in server.got[0].headers
    told = told_everywhere(outcome, action, caplog)
    for secret in (password, quote(password, safe=""), base64.b64encode(f"user:{password}".encode()).decode()):
        assert json.dumps(secret)[1:-1] not in told


def test_an_invalid_proxy_of_the_environment_is_reported():
    assert actions.WebhookAction(url="https://x.example", proxy="${P}").problems({"P": "nonsense"}) == [
        "proxy: it must begin with https:// (or http://)"
    ]


def test_a_variable_in_a_link_is_not_a_placeholder(make):
    for link in ("{report_url}", "${REPORTS}/{run_id}", "{{ metadata.page }}", "https://example.com/{run_id}"):
        make("http://localhost", report_url=link)
    told = make("http://localhost", report_url="${REPORTS}/1.html").problems({"REPORTS": "reports"})
    assert "report_url: it must begin with https:// (or http://)" in told


def test_a_redirect_within_the_host_is_named_too(make):
    with serving(Answer(302, headers={"Location": "/elsewhere"})) as server:
        outcome = in_thread(make(server.url), failed_result(), [])
    assert "it redirects to localhost, which is not followed" in outcome.message


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"ok": false}', b"null", b"\xff", b"invalid_blocks"])
def test_an_empty_response_is_not_a_delivery(make, channel, body):
    with serving(Answer(200, body)) as server:
        outcome = in_thread(make(server.url), failed_result(), [])
    assert (outcome.status is ActionStatus.SUCCESS) == (channel == "webhook"), outcome
