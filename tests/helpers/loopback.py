"""An HTTP server on this machine that answers as it is told and remembers what it was sent."""

import contextlib
import http.server
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Sent:
    """A request as it arrived; header names in small letters."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    """What is answered: a status, headers and a body, `usual` if none is given; or the connection is cut after `cut` bytes, or held for good."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    hang: bool = False


Script = Sequence[Answer] | Callable[[Sent], Answer]
FINE = {
    "ok": True, "result": {"message_id": 7}, "id": "m1", "requestId": "r1", "status": "success", "dedup_key": "d1",
    "data": {"success": True, "isSuccess": True, "status": "done", "alertId": "a1"}, "html_url": "https://example.com/1",
}  # fmt: skip
"""what is in the answers of many services"""


def usual(sent: Sent) -> Answer:
    """The yes of the service whose request this is, as its documentation has it."""
    told = sent.json if sent.body[:1] == b"{" else {}
    match told:
        case {"blocks": _}:  # Slack
            return Answer(body=b"ok", headers={"Content-Type": "text/html"})
        case {"text": _} if "/v1/" in sent.path:  # Google Chat
            return Answer(body={"name": "spaces/AAAA/messages/BBBB"})
        case {"text": _} if "/bot" not in sent.path:  # Mattermost
            return Answer(body=b"ok", headers={"Content-Type": "text/plain"})
        case {"embeds": _}:  # Discord
            if "wait=true" in sent.path:
                return Answer(body={"id": "m1", "channel_id": "c1"})
            return Answer(204, b"")
        case {"routing_key": _}:  # PagerDuty
            return Answer(202, {"status": "success", "message": "Event processed", "dedup_key": told["dedup_key"]})
        case {"type": "message", "attachments": _}:  # a workflow of Teams
            return Answer(202, b"")
        case {"personalizations": _}:  # SendGrid
            return Answer(202, b"", {"X-Message-Id": "m1"})
        case _ if "/v2/alerts" in sent.path and sent.method == "POST":  # Opsgenie
            return Answer(202, {"result": "Request will be processed", "took": 0.1, "requestId": "r1"})
    return Answer(body=FINE)


class Server:
    """Answers from the script, its last answer again and again; a function decides for each request."""

    def __init__(self, script: Script, port: int, scheme: str) -> None:
        self.script, self.got = script, list[Sent]()
        self.url = f"{scheme}://localhost:{port}"
        self.stop = threading.Event()

    def answer(self, sent: Sent) -> Answer:
        self.got.append(sent)
        if callable(self.script):
            return self.script(sent)
        return self.script[min(len(self.got), len(self.script)) - 1]


@contextlib.contextmanager
def serving(
    *script: Answer, by: Callable[[Sent], Answer] | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """A server for as long as the block runs; without a script it says yes to all."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                super().handle_one_request()

        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {k.lower(): v for k, v in self.headers.items()}
            sent = Sent(self.command, self.path, headers, self.rfile.read(length))
            answer = server.answer(sent)
            if answer == Answer():
                answer = usual(sent)
            if answer.hang:
                server.stop.wait()
                self.close_connection = True
                return
            body = answer.body if answer.body is not None else FINE
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(answer.status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(raw)),
                **answer.headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            if answer.cut is not None:
                self.wfile.write(raw[: answer.cut])
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            self.wfile.write(raw)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_CONNECT = _answer  # noqa: N815 the names that the server looks for

        def log_message(self, *args: Any) -> None:
            """Nothing is printed."""

    class Quiet(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

        def handle_error(self, *args: Any) -> None:
            """A client that hangs up is what some tests are about."""

    listening = Quiet(("127.0.0.1", 0), Handler)
    if tls is not None:
        listening.socket = tls.wrap_socket(listening.socket, server_side=True, do_handshake_on_connect=False)
    server = Server(by or script or (Answer(),), listening.server_port, "https" if tls else "http")
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop.set()
        listening.shutdown()
        listening.server_close()
        thread.join()
