"""A message that may have arrived is not sent again, and one that certainly did not is."""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator

import pytest

from helpers.channels import CHANNELS
from helpers.loopback import Answer, Sent, serving
from helpers.made_results import failed_result
from truthound.checkpoint.actions import GitHubAction, PagerDutyAction, SlackNotification, WebhookAction
from truthound.checkpoint.actions.base import Action
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.delivery import run_stages
from truthound.errors import UnansweredError, UnreachableError
from truthound.io import flow
from truthound.io.http_client import Request, prepare
from truthound.results import ActionResult

KEYED = {"github", "opsgenie", "pagerduty"}  # these know a message that comes again
Handler = Callable[[socket.socket, "Counted"], None]


class Counted:
    """What a server has seen: connections, and whole requests."""

    def __init__(self, url: str) -> None:
        self.url, self.connections, self.requests = url, 0, 0
        self.over = threading.Event()
        self.last = 0

    def read(self, connection: socket.socket) -> None:
        """Reads a request to its end; raises ConnectionError where the client hangs up before that."""

        def more() -> bytes:
            piece = connection.recv(65536)
            if not piece:
                raise ConnectionError
            return piece

        got = b""
        while b"\r\n\r\n" not in got:
            got += more()
        head, _, body = got.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        while len(body) < int(fields.get(b"content-length", 0)):
            body += more()
        self.requests += 1


@contextlib.contextmanager
def listening(handle: Handler, scheme: str = "http") -> Iterator[Counted]:
    """A server whose every connection is handled so, each in a thread."""

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            handle(connection, counted)

    def serve() -> None:
        while True:
            connection, peer = server.accept()
            if peer[1] == counted.last:  # all that came before it are counted, however late they are accepted
                connection.close()
                break
            counted.connections += 1
            threads.append(threading.Thread(target=one, args=(connection,), daemon=True))
            threads[-1].start()
        for each in threads:
            each.join()

    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        counted = Counted(f"{scheme}://localhost:{port}")
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield counted
        finally:
            with socket.socket() as last:
                last.bind(("127.0.0.1", 0))
                counted.last = last.getsockname()[1]
                counted.over.set()
                last.connect(("127.0.0.1", port))
                thread.join()


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def answered(before: bytes, then: Callable[[socket.socket], None] = reset) -> Handler:
    """Takes the request, sends so much of an answer, and does that."""

    def handle(connection: socket.socket, counted: Counted) -> None:
        counted.read(connection)
        connection.sendall(before)
        then(connection)

    return handle


def silent(connection: socket.socket, counted: Counted) -> None:
    counted.read(connection)
    counted.over.wait(5)


LOST: dict[str, Handler] = {
    "hangs": silent,
    "drops": answered(b"", socket.socket.close),
    "resets": answered(b""),
    "status line": answered(b"HTTP/1.1 200 OK\r\n"),
    "half a body": answered(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok"),
    "babble": answered(b"\x00\xff no HTTP \r\n\r\n", socket.socket.close),
    "gateway": answered(
        b"HTTP/1.1 504 Gateway Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", socket.socket.close
    ),
    "fault": answered(
        b"HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", socket.socket.close
    ),
}


def in_thread(action: Action) -> ActionResult:
    return flow.run(run_stages(action, failed_result(), ActionContext()), sleep=lambda _: None)


def on_loop(action: Action) -> ActionResult:
    async def sleep(_: float) -> None:
        pass

    return asyncio.run(flow.arun(run_stages(action, failed_result(), ActionContext()), sleep=sleep))


@pytest.fixture(params=[in_thread, on_loop], ids=["thread", "loop"])
def face(request):
    return request.param


@pytest.fixture(autouse=True)
def _direct(monkeypatch):
    prepare()  # takes longer, the first time, than some requests here have
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize("how", ["drops", "half a body", "gateway"])
@pytest.mark.parametrize("channel", sorted(CHANNELS))
def test_each_channel_decides_whether_a_lost_message_is_sent_again(channel, how):
    with listening(LOST[how]) as server:
        outcome = in_thread(CHANNELS[channel](server.url, retry_count=2))
    assert server.requests == (3 if channel in KEYED else 1)
    assert outcome.status == "failure"
    assert outcome.details["may_have_been_delivered"] is True
    assert "it may have been delivered anyway" in outcome.message


@pytest.mark.parametrize("how", LOST)
def test_a_message_that_may_have_been_delivered_is_not_sent_again(face, how):
    with listening(LOST[how]) as server:
        url, options = (
            f"{server.url}/services/x",
            {"timeout_seconds": 1.0 if how == "hangs" else 30.0, "retry_count": 3},
        )
        outcome = face(SlackNotification(webhook_url=url, **options))
        assert (server.requests, outcome.details["attempts"]) == (1, 1)
        assert outcome.details["may_have_been_delivered"] is True
        assert outcome.message.endswith("it may have been delivered anyway, so it was not retried")
        again = face(SlackNotification(webhook_url=url, at_least_once=True, **options | {"retry_count": 1}))
        assert (server.requests, again.details["attempts"]) == (3, 2)
        assert again.message.endswith("it may have been delivered anyway")


def plain(connection: socket.socket, _: Counted) -> None:
    connection.close()


@pytest.mark.parametrize(
    ("scheme", "handle"),
    [
        ("https", plain),  # no handshake
        ("http", answered(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 9\r\n\r\nbusy")),
        ("http", answered(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 9\r\n\r\n")),
    ],
    ids=["no handshake", "503 cut", "429 cut"],
)  # fmt: skip
def test_a_message_that_was_certainly_not_accepted_is_sent_again(face, scheme, handle):
    with listening(handle, scheme) as server:
        outcome = face(SlackNotification(webhook_url=f"{server.url}/x", retry_count=1, timeout_seconds=30))
    assert server.connections == 2
    assert (outcome.status.value, outcome.details["attempts"]) == ("failure", 2)
    assert "may_have_been_delivered" not in outcome.details
    assert "delivered" not in outcome.message


def test_an_incomplete_refusal_is_a_refusal(face):
    def handle(connection: socket.socket, counted: Counted) -> None:
        answered(b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n", lambda _: counted.over.wait(5))(
            connection, counted
        )

    with listening(handle) as server:
        outcome = face(SlackNotification(webhook_url=f"{server.url}/x", timeout_seconds=1))
    assert (server.requests, outcome.details["status_code"]) == (1, 404)
    assert "may_have_been_delivered" not in outcome.details


def test_a_lost_attempt_is_remembered_when_the_next_cannot_connect(face):
    def handle(connection: socket.socket, counted: Counted) -> None:
        counted.read(connection)
        if counted.requests == 2:
            answered_429 = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            connection.sendall(answered_429)

    with listening(handle) as server:
        outcome = face(PagerDutyAction(routing_key="k", api_url=server.url, retry_count=3))
    assert (outcome.details["attempts"], outcome.details["status_code"]) == (2, 400)
    assert outcome.details["may_have_been_delivered"] is True


@pytest.mark.parametrize(("method", "requests"), [("POST", 1), ("PATCH", 1), ("PUT", 3), ("GET", 3), ("DELETE", 3)])
def test_a_webhook_repeats_what_http_calls_idempotent(method, requests):
    with listening(LOST["drops"]) as server:
        in_thread(WebhookAction(url=server.url, method=method, retry_count=2))
    assert server.requests == requests


def test_a_webhook_says_which_message_it_is():
    with serving(Answer(cut=0, headers={"Content-Length": "9"}), Answer(502), Answer()) as server:
        action = WebhookAction(url=server.url, at_least_once=True, retry_count=3, signing_secret="s" * 8)
        assert in_thread(action).status == "success"
        in_thread(WebhookAction(url=server.url, headers={"Idempotency-Key": "mine"}))
        in_thread(WebhookAction(url=server.url, name="other"))
    keys = [s.headers["idempotency-key"] for s in server.got]
    assert keys[0] == keys[1] == keys[2] == server.got[0].headers["webhook-id"]
    assert keys[3] == "mine"
    assert keys[4] not in keys[:4]


def test_a_handshake_that_hangs_is_repeated():
    with listening(lambda _, counted: counted.over.wait(5), "https") as server:
        outcome = in_thread(SlackNotification(webhook_url=f"{server.url}/x", retry_count=1, timeout_seconds=1))
    assert (server.connections, outcome.details["attempts"]) == (2, 2)
    assert "may_have_been_delivered" not in outcome.details


def test_what_is_given_up_before_it_is_sent_is_never_sent():
    """A handshake that takes longer than the time: the thread that is left behind must not send the message after all."""
    seen = threading.Event()

    def handle(connection: socket.socket, counted: Counted) -> None:
        counted.over.wait(0.5)  # longer than the request has
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        with contextlib.suppress(ssl.SSLError, OSError), context.wrap_socket(connection, server_side=True) as secure:
            if secure.recv(1):
                seen.set()

    trustme = pytest.importorskip("trustme")
    authority = trustme.CA()
    with listening(handle, "https") as server:
        asked = flow.http(Request("POST", server.url, seconds=0.2, verify=False))
        with pytest.raises(UnreachableError) as caught:
            flow.run(flow.within(asked, 10))
        assert not caught.value.uncertain
    assert not seen.is_set()


def test_a_custom_action_learns_whether_a_request_may_have_been_delivered():
    with listening(LOST["drops"]) as server:
        with pytest.raises(UnansweredError):
            flow.run(flow.http(Request("POST", server.url)))
        with pytest.raises(UnreachableError):
            flow.run(flow.http(Request("POST", server.url, repeatable=True)))
        with pytest.raises(UnreachableError):
            flow.run(flow.http(Request("GET", server.url)))


def test_a_comment_that_was_made_without_an_answer_is_found_and_updated(face):
    made: list[str] = []

    def answer(sent: Sent) -> Answer:
        if sent.method == "GET":
            bot = {"login": "bot", "type": "Bot"}
            return (
                Answer(404) if sent.path == "/user" else Answer(body=[{"id": 7, "body": b, "user": bot} for b in made])
            )
        if sent.method == "POST":
            made.append(sent.json["body"])
            return Answer(201, b"lost", {"Content-Length": "99"}, cut=2)
        return Answer(body={"id": 7})

    with serving(by=answer) as server:
        outcome = face(GitHubAction(
            api_url=server.url, token="ghp_0123", repository="o/r", pr_number=1, set_commit_status=False, comment_on_pr=True,
            set_summary=False, set_output=False, annotations=False,
        ))  # fmt: skip
    assert outcome.status == "success", outcome
    assert (len(made), outcome.details["attempts"]) == (1, 2)
    assert "comment updated" in outcome.message


def test_a_check_run_that_may_have_been_made_is_not_made_again(face):
    with listening(LOST["drops"]) as server:
        outcome = face(GitHubAction(
            api_url=server.url, token="ghp_0123", repository="o/r", sha="a" * 40, set_commit_status=False, comment_on_pr=False,
            create_check_run=True, set_summary=False, set_output=False, annotations=False,
        ))  # fmt: skip
    assert server.requests == 1
    assert outcome.details["may_have_been_delivered"] is True
    assert outcome.message.count("may have been delivered") == 1
