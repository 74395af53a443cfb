"""What a bucket's refusals, and connections that are not made, are called; and which of them are tried again."""

import os
import socket
import ssl

import pytest
import trustme

from helpers.loopback import Answer, serving
from helpers.made_results import failed_result
from truthound.checkpoint.actions import StoreValidationResult, UpdateDataDocs
from truthound.errors import CloudError, StoreError
from truthound.io.object_storage import CloudObjects

CALLS = {
    "write": lambda o: o.put("a", b"x"), "read": lambda o: o.get("a"), "list": lambda o: list(o.list()),
    "delete": lambda o: o.delete("a"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _keys(monkeypatch):
    for name in [n for n in os.environ if n.lower().endswith("_proxy") or n.startswith(("AWS_", "SSL_CERT_"))]:
        monkeypatch.delenv(name)
    for name, value in {"ACCESS_KEY_ID": "k", "SECRET_ACCESS_KEY": "hunter22", "REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)


def problem(url, monkeypatch, call="write"):
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    with pytest.raises(StoreError) as caught:
        CALLS[call](CloudObjects("s3://bucket/x"))
    assert "hunter22" not in str(caught.value)
    return caught.value


def answer(status, code):
    return Answer(status, f"<Error><Code>{code}</Code><Message>Some words</Message></Error>".encode() if code else b"")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("status", "code", "hint"),
    [
        (403, "AccessDenied", "credentials: AWS_ACCESS_KEY_ID"), (403, "InvalidAccessKeyId", "credentials: "),
        (400, "ExpiredToken", "credentials: "), (400, "AuthorizationHeaderMalformed", "set AWS_REGION"),
        (400, "InvalidBucketName", ""), (403, "", "credentials: "),
    ],
)  # fmt: skip
def test_a_refusal_keeps_the_services_code_and_is_not_tried_again(call, status, code, hint, monkeypatch):
    with serving(answer(status, code)) as server:
        error = problem(server.url, monkeypatch, call)
    assert not isinstance(error, CloudError)
    assert len(server.got) == 1
    assert str(error).startswith(f"cannot {call} s3://bucket/x")
    assert (f"{code}: Some words ({status})" if code else "Forbidden (403)") in str(error)
    assert hint in str(error)


@pytest.mark.parametrize("call", ["write", "list"])
def test_no_such_bucket_says_so(call, monkeypatch):
    with serving(answer(404, "NoSuchBucket")) as server:
        error = problem(server.url, monkeypatch, call)
    assert "NoSuchBucket: Some words (404); there is no such bucket" in str(error)
    assert not isinstance(error, CloudError)


def test_what_may_pass_may_be_tried_again(monkeypatch):
    with serving(answer(503, "SlowDown")) as server:
        error = problem(server.url, monkeypatch)
    assert isinstance(error, CloudError)
    assert "SlowDown: Some words (503)" in str(error)


def test_an_action_is_not_tried_again_when_it_is_denied(monkeypatch):
    for make in (
        lambda: StoreValidationResult(store_path="s3://bucket/x", retry_count=2, retention_days=1),
        lambda: UpdateDataDocs(site_path="s3://bucket/x", retry_count=2),
    ):
        with serving(answer(403, "AccessDenied")) as server:
            monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
            outcome = make().execute(failed_result())
        assert (outcome.status.value, outcome.details["attempts"], len(server.got)) == ("error", 1, 1)
        assert "AccessDenied" in outcome.message


def test_a_certificate_that_is_not_trusted(monkeypatch, tmp_path):
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with serving(answer(403, "AccessDenied"), tls=context) as server:
        error = problem(server.url, monkeypatch)
        assert f"the certificate of {server.url.partition('//')[2]} is not trusted (UnknownIssuer)" in str(error)
        assert not isinstance(error, CloudError)
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert "AccessDenied" in str(problem(server.url, monkeypatch))


def refused():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def test_a_server_or_a_proxy_that_cannot_be_reached_is_named(monkeypatch):
    where = refused()
    error = problem(f"http://{where}", monkeypatch)
    assert isinstance(error, CloudError)
    assert str(error) == f"cannot write s3://bucket/x/a: {where} could not be reached: Connection refused"
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:hunter22@{where}")
    error = problem("https://bucket.example.com", monkeypatch)
    assert f"the proxy {where} could not be reached: Connection refused; bucket.example.com" in str(error)
    with serving(Answer(407)) as server:
        monkeypatch.setenv("HTTPS_PROXY", server.url)
        assert "it wants a user and a password" in str(problem("https://bucket.example.com", monkeypatch))


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("endpoint", ["", "localhost:9000", "//nowhere"])
def test_an_endpoint_that_is_not_a_url_is_told(call, endpoint, monkeypatch):
    error = problem(endpoint, monkeypatch, call)
    assert not isinstance(error, CloudError)
    assert "AWS_ENDPOINT_URL must be a URL such as https://s3.example.com, or not be set" in str(error)


def test_a_panic_of_the_client_is_an_error_of_the_bucket(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://")  # a URL by its beginning
    outcome = StoreValidationResult(store_path="s3://bucket/x", retry_count=2).execute(failed_result())
    assert (outcome.status.value, outcome.details["attempts"]) == ("error", 1)
