import base64
import hashlib
import hmac
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.loopback import Answer, serving
from helpers.made_results import FAILING, failed_result, passed_result
from truthound.checkpoint import Checkpoint
from truthound.checkpoint.actions import ActionContext, ActionStatus, WebhookAction
from truthound.errors import ConfigError
from truthound.results import CheckpointResult

URL = "https://api.example.com/webhook"
GOLDEN = Path(__file__).parent / "golden" / "webhook.json"


@pytest.fixture(autouse=True)
def _direct(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "TRUTHOUND_WEBHOOK_URL", "API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def sent(result=FAILING, run=None, answer=None, path="/hook", **options):
    """The request that an action with these options sends, and what came of it."""
    with serving(answer or Answer()) as server:
        outcome = WebhookAction(url=server.url + path, **options).execute(result, run or ActionContext())
    return (server.got[0] if server.got else None), outcome


def test_the_documents_example(monkeypatch):
    monkeypatch.setenv("API_TOKEN", "t0ken-0123456789")
    request, outcome = sent(
        method="POST",
        auth_type="bearer",  # none, basic, bearer, api_key
        auth_credentials={"token": "${API_TOKEN}"},
        headers={"X-Custom-Header": "value"},
        include_full_result=True,
        timeout_seconds=30,
        retry_count=3,
    )
    assert outcome.status is ActionStatus.SUCCESS, outcome
    assert (request.method, request.headers["content-type"]) == ("POST", "application/json")
    assert request.headers["authorization"] == "Bearer t0ken-0123456789"
    assert request.headers["x-custom-header"] == "value"
    assert CheckpointResult.from_dict(request.json) == FAILING
    assert "t0ken" not in repr(outcome)


def test_the_payload_is_that_of_the_golden_file():
    request, _ = sent()
    found = json.dumps(request.json, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("TRUTHOUND_WRITE_GOLDEN") == "1":
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")


def test_every_run_is_sent_by_default():
    assert sent(passed_result())[1].status is ActionStatus.SUCCESS
    assert sent(passed_result(), notify_on="failure")[0] is None


def test_failing_rows_are_sent_when_asked_for():
    assert "user_id = 7" not in sent()[0].body.decode()
    assert "user_id = 7" in sent(include_examples=True)[0].body.decode()
    assert sent(include_full_result=True)[0].json == FAILING.to_dict()
    outcomes = sent(include_full_result=True, include_examples=False)[0].json["validation_result"]["outcomes"]
    assert [o["id"] for o in outcomes] == [o.id for o in FAILING.validation_result.outcomes]
    assert not any(o["examples"] or o["top_values"] for o in outcomes)


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS", "post", "PUT", "PATCH"])
def test_methods(method):
    request, outcome = sent(method=method)
    assert outcome.status is ActionStatus.SUCCESS, outcome
    assert request.method == method.upper()
    bare = method in ("GET", "HEAD", "DELETE", "OPTIONS")
    assert bool(request.body) is not bare
    assert ("content-type" in request.headers) is not bare


@pytest.mark.parametrize(
    ("options", "header", "path"),
    [
        ({}, None, "/hook?a=1"),
        ({"auth_type": "basic", "auth_credentials": {"username": "üser", "password": "p:1"}}, "Basic w7xzZXI6cDox", "/hook?a=1"),
        ({"auth_type": "basic", "auth_credentials": {"user": "u", "password": ""}}, "Basic dTo=", "/hook?a=1"),
        ({"auth_type": "bearer", "auth_credentials": {"token": "t"}}, "Bearer t", "/hook?a=1"),
        ({"auth_type": "api_key", "auth_credentials": {"key": "k&=1", "name": "the key", "location": "query"}}, None,
         "/hook?a=1&the%20key=k%26%3D1"),
    ],
)  # fmt: skip
def test_credentials(options, header, path):
    request, outcome = sent(path="/hook?a=1", **options)
    assert outcome.status is ActionStatus.SUCCESS, outcome
    assert request.headers.get("authorization") == header
    assert request.path == path


def test_an_api_key_in_a_header():
    credentials = {"key": "k1"}
    assert sent(auth_type="api_key", auth_credentials=credentials)[0].headers["x-api-key"] == "k1"
    credentials = {"key": "k1", "name": "X-Mine", "location": "header"}
    assert sent(auth_type="api_key", auth_credentials=credentials)[0].headers["x-mine"] == "k1"


@pytest.mark.parametrize("options", [
    {"auth_type": "basic", "auth_credentials": {"username": "someone", "password": "hunter2hunter2"}},
    {"auth_type": "bearer", "auth_credentials": {"token": "hunter2hunter2"}},
    {"auth_type": "api_key", "auth_credentials": {"key": "hunter2hunter2", "location": "query"}},
    {"headers": {"X-Auth": "hunter2hunter2"}},
    {"signing_secret": "hunter2hunter2"},
])  # fmt: skip
def test_secrets_in_a_response_are_redacted(options):
    coded = base64.b64encode(b"someone:hunter2hunter2").decode()
    _, outcome = sent(answer=Answer(400, {"message": f"header bad: hunter2hunter2 {coded}"}), retry_count=0, **options)
    assert outcome.status is ActionStatus.FAILURE
    assert "hunter2" not in repr(outcome) + repr(WebhookAction(url=URL, **options))
    assert (coded not in repr(outcome)) or options.get("auth_type") != "basic"
    assert "header bad" in outcome.message


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"auth_credentials": {"token": "t"}}, "auth_type is none: set basic, bearer or api_key"),
        ({"auth_type": "bearer"}, "auth_type bearer needs token"),
        ({"auth_type": "bearer", "auth_credentials": {"token": ""}}, "needs token"),
        ({"auth_type": "bearer", "auth_credentials": {"token": "t", "tokn": "t"}}, 'unknown key "tokn"; did you mean "token"'),
        ({"auth_type": "bearer", "auth_credentials": {"token": "t", "access_token": "t"}}, "are the same"),
        ({"auth_type": "basic", "auth_credentials": {"username": "u"}}, "needs password"),
        ({"auth_type": "basic", "auth_credentials": {"username": "u:v", "password": "p"}}, "colon"),
        ({"auth_type": "api_key", "auth_credentials": {"key": "k", "location": "body"}}, "header or query"),
        ({"auth_type": "digest"}, "'none', 'basic', 'bearer' or 'api_key'"),
        ({"method": "FETCH"}, "'POST'"),
        ({"headers": {"X-A": "a\r\nX-B: b"}}, "the value of X-A contains a line break"),
        ({"headers": {"X A": "a"}}, "cannot be the name of a header"),
        ({"headers": {"X-A": "ä"}}, "only ASCII"),
        ({"headers": {"X-A": "a", "x-a": "b"}}, "given twice"),
        ({"headers": {"Content-Length": "3"}}, "follows from the request"),
        ({"method": "GET", "payload_template": "{status}"}, "GET carries no body: leave out payload_template"),
        ({"method": "DELETE", "include_full_result": True}, "DELETE carries no body"),
        ({"payload_template": "x", "include_full_result": True}, "not both"),
        ({"payload_template": {"a": ["{{ statsu }}"]}}, 'knows no "statsu"; did you mean "status"'),
        ({"payload_template": "{% for %}"}, "cannot be read"),
        ({"success_codes": [2000]}, "less than or equal to 599"),
        ({"success_codes": []}, "at least 1"),
        ({"ssl_verify": True, "verify_ssl": True}, "given twice"),
        ({"url": "file:///etc/passwd"}, "must begin with https://"),
        ({"proxy": "socks5://localhost"}, "must begin with https://"),
        ({"urll": URL}, 'did you mean "url"'),
    ],
)  # fmt: skip
def test_mistakes(options, said):
    with pytest.raises(ConfigError) as error:
        WebhookAction(**({"url": URL} | options))
    assert said in str(error.value)


def test_values_of_the_environment_are_checked(monkeypatch):
    monkeypatch.setenv("API_TOKEN", "abc\n")
    action = WebhookAction(url=URL, auth_type="bearer", auth_credentials={"token": "${API_TOKEN}"})
    outcome = action.execute(FAILING)
    assert outcome.status is ActionStatus.ERROR
    assert outcome.message == "the value of authorization contains a line break or another control character"
    assert action.problems(os.environ) == [outcome.message]
    assert WebhookAction(url="${HOOK}").problems({"HOOK": "file:///etc/passwd"}) == [
        "url: it must begin with https:// (or http://)"
    ]
    assert "TRUTHOUND_WEBHOOK_URL" in WebhookAction().problems({})[0]
    assert not WebhookAction().problems({"TRUTHOUND_WEBHOOK_URL": URL})
    assert WebhookAction(url=URL, signing_secret="whsec_!").problems({}) == [
        "signing_secret begins with whsec_, so the rest must be base64"
    ]


def test_the_environments_url(monkeypatch):
    with serving() as server:
        monkeypatch.setenv("TRUTHOUND_WEBHOOK_URL", f"{server.url}/from-outside")
        assert WebhookAction().execute(FAILING).status is ActionStatus.SUCCESS
    assert server.got[0].path == "/from-outside"
    ready = WebhookAction().resolve({"TRUTHOUND_WEBHOOK_URL": "https://example.com/s3cret"})
    assert "s3cret" not in repr(ready)


def test_success_codes():
    assert sent(answer=Answer(201))[1].status is ActionStatus.SUCCESS
    assert sent(answer=Answer(201), success_codes=[200, 204], retry_count=0)[1].status is ActionStatus.FAILURE
    request, outcome = sent(answer=Answer(409), success_codes=[200, 409])
    assert (outcome.status, outcome.details["status_code"]) == (ActionStatus.SUCCESS, 409)
    assert request.method == "POST"


def test_a_proxy():
    with serving() as proxy:
        action = WebhookAction(url="http://somewhere.example/hook", proxy=proxy.url)
        assert action.execute(FAILING).status is ActionStatus.SUCCESS
    assert proxy.got[0].path == "http://somewhere.example/hook"


# --- bodies -----------------------------------------------------------------------------------------------------------

QUOTED = 'a "quoted" \\ name\nwith lines </script> {status} {{ 7 * 7 }}'


def test_a_text_template_whose_values_cannot_leave_their_quotes():
    template = '{"name": "{checkpoint_name}", "n": {{ issue_count }}, "bad": {{ issues | tojson }}, "keep": {"x": 1}}'
    request, outcome = sent(failed_result(checkpoint_name=QUOTED), payload_template=template)
    assert outcome.status is ActionStatus.SUCCESS, outcome
    assert request.json["name"] == QUOTED
    assert request.json["n"] == 4
    assert [i["subject"] for i in request.json["bad"]] == ["email", "user_id", "age", "prise"]
    assert request.json["keep"] == {"x": 1}


def test_a_mapping_whose_texts_are_templates():
    template = {
        "title": "{checkpoint_name}: {{ verdict | lower }}", "count": "{issue_count}", "rows": "{{ row_count }}",
        "of": ["run {run_id}", 3, None, {"tags": "{tags}"}], "not a number": float("nan"),
    }  # fmt: skip
    request, outcome = sent(failed_result(checkpoint_name=QUOTED), payload_template=template)
    assert outcome.status is ActionStatus.SUCCESS, outcome
    assert request.json == {
        "title": f"{QUOTED}: failed", "count": 4, "rows": 5000,
        "of": ["run 20261127-013907", 3, None, {"tags": {}}], "not a number": "NaN",
    }  # fmt: skip


def test_a_template_that_does_not_render_to_json_is_not_sent():
    for template in ('{"a": "{status}",}', '{"a": NaN}', "{status}"):
        request, outcome = sent(payload_template=template)
        assert request is None
        assert outcome.status is ActionStatus.ERROR
        assert "payload_template does not render to JSON" in outcome.message


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", "name=a+%26+b+%3C%2Fc%3E"),
        ("application/xml; charset=utf-8", "name=a &amp; b &lt;/c&gt;"),
        ("text/plain", "name=a & b </c>"),
        ("application/vnd.mine+json", '{"name": "a & b </c>"}'),
    ],
)
def test_other_kinds_of_bodies(kind, body):
    template = '{"name": "{checkpoint_name}"}' if "json" in kind else "name={checkpoint_name}"
    request, outcome = sent(
        failed_result(checkpoint_name="a & b </c>"), headers={"content-type": kind}, payload_template=template
    )
    assert outcome.status is ActionStatus.SUCCESS, outcome
    assert (request.headers["content-type"], request.body.decode()) == (kind, body)


def test_values_without_a_json_type_do_not_break_the_json():
    metadata = {"ratio": float("nan"), "when": object, "tags": {"a": "\ud800"}, "deep": {"x": [float("inf")]}}
    for options in ({}, {"include_full_result": True}, {"payload_template": {"m": "{metadata}"}},
                    {"payload_template": '{"m": {{ metadata | tojson }} }'}):  # fmt: skip
        request, outcome = sent(failed_result(metadata=metadata), **options)
        assert outcome.status is ActionStatus.SUCCESS, (options, outcome)
        json.loads(request.body, parse_constant=pytest.fail)


def test_a_summary_stays_within_its_limit_whatever_the_user_added():
    request, _ = sent(failed_result(metadata={str(i): "x" * 900 for i in range(1000)}))
    assert len(request.body) <= 256 * 1024
    assert (request.json["status"], request.json["metadata"]) == ("failure", {})


# --- signatures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["", "  ", "whsec_", "${SIGNING}"])
def test_an_empty_secret_signs_nothing_and_sends_nothing(secret, monkeypatch):
    monkeypatch.setenv("SIGNING", "")
    assert "signing_secret is empty" in WebhookAction(url=URL, signing_secret=secret).problems({"SIGNING": ""})[0]
    with serving() as server:
        outcome = WebhookAction(url=server.url, signing_secret=secret).execute(FAILING)
    assert (outcome.status, server.got) == (ActionStatus.ERROR, [])


@pytest.mark.parametrize("secret", ["any text will do", f"whsec_{base64.b64encode(b'k' * 32).decode()}"])
def test_a_signature(secret):
    request, _ = sent(signing_secret=secret)
    name, moment, given = (request.headers[f"webhook-{h}"] for h in ("id", "timestamp", "signature"))
    key = b"k" * 32 if secret.startswith("whsec_") else secret.encode()
    made = hmac.new(key, f"{name}.{moment}.".encode() + request.body, hashlib.sha256).digest()
    assert given == f"v1,{base64.b64encode(made).decode()}"


def test_a_retry_has_the_same_id():
    with serving(Answer(503), Answer()) as server:
        WebhookAction(url=server.url, signing_secret="s", retry_delay_seconds=0).execute(FAILING)
    first, second = server.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    with serving() as server:
        WebhookAction(url=server.url, signing_secret="s").execute(failed_result(run_id="another"))
    assert server.got[0].headers["webhook-id"] != first.headers["webhook-id"]


def test_in_yaml(tmp_path, monkeypatch):
    from truthound.checkpoint.config import load_checkpoints

    monkeypatch.setenv("API_TOKEN", "t0ken-0123456789")
    with serving() as server:
        (tmp_path / "t.yaml").write_text(
            "checkpoints:\n- name: a\n  data_source: a.csv\n  validators: [null]\n  actions:\n  - type: webhook\n"
            f"    url: {server.url}\n    auth_type: bearer\n    auth_credentials: {{token: '${{API_TOKEN}}'}}\n"
        )
        (tmp_path / "a.csv").write_text("a\n1\n")
        (checkpoint,) = load_checkpoints(tmp_path / "t.yaml")
        assert isinstance(checkpoint, Checkpoint)
        result = checkpoint.run()
    assert result.action_results[0].status is ActionStatus.SUCCESS
    assert server.got[0].headers["authorization"] == "Bearer t0ken-0123456789"


def test_the_verification_in_the_documentation():
    page = (Path(__file__).parents[3] / "docs" / "channels" / "webhook.md").read_text(encoding="utf-8")
    code = next(c for c in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "def is_genuine" in c)
    names = {}
    exec(code, names)
    request, _ = sent(signing_secret="a secret")
    assert names["is_genuine"]("a secret", request.headers, request.body)
    assert not names["is_genuine"]("another", request.headers, request.body)
    assert not names["is_genuine"]("a secret", request.headers, request.body + b" ")
    assert not names["is_genuine"]("a secret", request.headers | {"webhook-timestamp": "1614265330"}, request.body)


def test_runs_of_the_same_name_are_told_apart():
    later = replace(FAILING, run_time=FAILING.run_time.replace(year=2030))  # as with run_name_template "%H%M"
    ids = {sent(result=r, signing_secret="x" * 24)[0].headers["webhook-id"] for r in (FAILING, FAILING, later)}
    assert len(ids) == 2
