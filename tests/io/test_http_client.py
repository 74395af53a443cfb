"""Requests and what keeps them from being sent."""

import importlib.util
import os
import socket
import subprocess
import sys

import pytest

from helpers.loopback import Answer, serving
from truthound.errors import ActionError, ConfigError, UnreachableError
from truthound.io.http_client import Request, Sender


@pytest.fixture(autouse=True)
def _direct(monkeypatch):
    for name in [n for n in os.environ if n.lower().endswith("_proxy") or n.startswith("SSL_CERT_")]:
        monkeypatch.delenv(name)


def send(request):
    sender = Sender()
    try:
        return sender.send(request)
    finally:
        sender.close()


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_certificates_that_are_not_there_are_named(variable, tmp_path, monkeypatch):
    path = tmp_path / "nothing.pem"
    monkeypatch.setenv(variable, str(path))
    with pytest.raises(
        ConfigError, match=rf"the certificates of {variable}={path} cannot be read: (No such file|it is not a folder)"
    ):
        send(Request("GET", "https://localhost:1/"))


def test_certificates_that_are_none_are_named(tmp_path, monkeypatch):
    path = tmp_path / "some.pem"
    path.write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(
        ConfigError, match=rf"the certificates of SSL_CERT_FILE={path} cannot be read: it holds no certificate"
    ):
        send(Request("GET", "https://localhost:1/"))


def test_a_header_that_cannot_be_sent_is_not_repeated():
    with serving() as server, pytest.raises(ConfigError) as caught:
        send(Request("GET", server.url, {"authorization": "Bearer s3cret\nx"}))
    assert "s3cret" not in str(caught.value)
    assert server.got == []


@pytest.mark.parametrize("proxy", ["socks9://user:hunter2@localhost:1", "hunter2://x"])
def test_a_proxy_that_cannot_be_used(proxy, monkeypatch):
    with pytest.raises(ConfigError, match="the proxy cannot be used") as caught:
        send(Request("GET", "http://localhost:1", proxy=proxy))
    assert "hunter2" not in str(caught.value)
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(ConfigError, match="HTTPS_PROXY, ALL_PROXY"):
        send(Request("GET", "http://localhost:1"))


@pytest.mark.skipif(importlib.util.find_spec("socksio") is not None, reason="socksio is installed")
def test_a_proxy_for_which_a_package_is_missing():
    with pytest.raises(ConfigError, match="install the package socksio"):
        send(Request("GET", "http://localhost:1", proxy="socks5://localhost:1"))


FIRST_REQUEST = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
from truthound.io import flow, http_client
request = http_client.Request("POST", sys.argv[1])
if sys.argv[2] == "sync":
    flow.run(flow.http(request))
else:
    import asyncio
    asyncio.run(flow.arun(flow.http(request)))
assert "httpcore2.http11" in logging.root.manager.loggerDict
"""


@pytest.mark.parametrize("face", ["sync", "async"])
def test_the_first_request_of_a_process_logs_nothing_of_its_url_or_answer(face):
    answer = Answer(302, headers={"Location": "https://elsewhere.example/s3cret-target", "X-Echo": "s3cret-header"})
    with serving(answer) as server:
        ran = subprocess.run(
            [sys.executable, "-c", FIRST_REQUEST, f"{server.url}/s3cret-path?key=s3cret-key", face],
            capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
    assert server.got
    assert "s3cret" not in ran.stderr


def refused() -> str:
    """Host and port where nobody is."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("given", ["option", "environment"])
def test_a_proxy_that_cannot_be_reached_is_named(scheme, given, monkeypatch):
    where, option = refused(), None
    if given == "option":
        option = f"http://user:hunter2@{where}"
    else:
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://user:hunter2@{where}")
    with pytest.raises(
        UnreachableError, match=f"^the proxy {where} could not be reached: .*; api.example.com"
    ) as caught:
        send(Request("POST", f"{scheme}://api.example.com/", proxy=option))
    assert "hunter2" not in str(caught.value)


def test_a_proxy_that_refuses_is_named():
    with serving(Answer(407)) as server:
        where = server.url.partition("//")[2]
        with pytest.raises(
            ActionError, match=f"the proxy {where} did not let api.example.com .*407.*user and password"
        ):
            send(Request("POST", "https://api.example.com/", proxy=server.url))
    with (
        serving(by=lambda sent: Answer(503 if sent.method == "CONNECT" else 200)) as server,
        pytest.raises(UnreachableError),
    ):
        send(Request("POST", "https://api.example.com/", proxy=server.url))
