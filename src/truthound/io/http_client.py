"""The HTTP clients: one for threads, one for an event loop.

No redirect is followed (a POST could become a GET that "succeeds"), a response is read up to a limit, proxies and
`SSL_CERT_FILE` are honoured. A URL is a secret: errors and logs name its host and a fingerprint only.
"""

from __future__ import annotations

import contextlib
import contextvars
import importlib
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from truthound.errors import ActionError, ConfigError, UnansweredError, UnreachableError
from truthound.io.request import LONGEST, Dispatch, Request, Response, check_url, host
from truthound.io.tls import context, trusted

if TYPE_CHECKING:
    import httpx2

_own_request: contextvars.ContextVar[bool] = contextvars.ContextVar("truthound_wire", default=False)


class _Clients:
    """A pool of clients for each combination of proxy and verification. A client sends one request at a time, and keeps its connections.

    A client shared by many concurrent requests scans all idle connections before each request, which is quadratic.
    """

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make, self._lock = make, threading.Lock()
        self._idle: dict[tuple[bool, str | None], list[Any]] = {}
        self._made: list[Any] = []

    @contextmanager
    def one(self, request: Request) -> Iterator[Any]:
        key = (request.verify, request.proxy)
        with self._lock:
            idle = self._idle.setdefault(key, [])
            client = idle.pop() if idle else None
        if client is None:
            client = self._client(request)
            with self._lock:
                self._made.append(client)
        try:
            yield client
        finally:
            with self._lock:
                idle.append(client)

    def _client(self, request: Request) -> Any:
        verify = context() if request.verify else False
        try:
            return self._make(verify=verify, proxy=request.proxy)
        except (ValueError, ImportError) as error:  # a bad proxy is found only here, and may contain a password
            socks = "; for SOCKS, install the package socksio" if isinstance(error, ImportError) else ""
            raise ConfigError(
                "the proxy cannot be used (the option, or HTTP_PROXY, HTTPS_PROXY, ALL_PROXY): it must be a URL such as "
                f"http://proxy.example.com:3128{socks}"
            ) from None

    def all(self) -> list[Any]:
        with self._lock:
            made, self._made, self._idle = self._made, [], {}
        return made


class Sender:
    """Sends in the calling thread; threads may share one."""

    def __init__(self) -> None:
        import httpx2

        self._clients = _Clients(httpx2.Client)

    def send(self, request: Request) -> Response:
        def trace(event: str, info: Mapping[str, Any]) -> None:
            _record_progress(request.dispatch, event, info)

        with (
            _translating_errors(request),
            self._clients.one(request) as client,
            client.stream(**_arguments(request), extensions={"trace": trace}) as answer,
        ):
            body = bytearray()
            request.dispatch.answer = _response(answer, b"")
            with _ignoring_lost_body(answer):
                for chunk in answer.iter_bytes():
                    body += chunk
                    if len(body) > request.longest:
                        break
            return _response(answer, bytes(body[: request.longest]))
        raise AssertionError  # _translating_errors raises what it catches

    def close(self) -> None:
        for client in self._clients.all():
            client.close()


def download(request: Request, file: IO[bytes]) -> int:
    """The status of the response; its body is written to a file if that is 200. Redirects are followed: a file may have moved."""
    import httpx2

    arguments = _arguments(request) | {"follow_redirects": True}
    with (
        _translating_errors(request),
        httpx2.Client(verify=context(), proxy=request.proxy) as client,
        client.stream(**arguments) as answer,
    ):
        if answer.status_code == 200:
            for piece in answer.iter_bytes():
                file.write(piece)
        return int(answer.status_code)
    raise AssertionError  # _translating_errors raises what it catches


def multipart(fields: Mapping[str, Any], **files: bytes) -> tuple[str, bytes]:
    """A form with files, as a content type and a body. A field that is not a text is written as JSON."""
    import httpx2

    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    form = httpx2.Request(
        "POST",
        "https://localhost",
        data={name: text.encode("utf-8", "replace") for name, text in texts.items()},
        files={name: (name, content, "application/octet-stream") for name, content in files.items()},
    )
    return form.headers["Content-Type"], form.read()


class AsyncSender:
    """Sends on the running event loop."""

    def __init__(self) -> None:
        import httpx2

        self._clients = _Clients(httpx2.AsyncClient)

    async def send(self, request: Request) -> Response:
        async def trace(event: str, info: Mapping[str, Any]) -> None:
            _record_progress(request.dispatch, event, info)

        with _translating_errors(request), self._clients.one(request) as client:
            async with client.stream(**_arguments(request), extensions={"trace": trace}) as answer:
                body = bytearray()
                request.dispatch.answer = _response(answer, b"")
                with _ignoring_lost_body(answer):
                    async for chunk in answer.aiter_bytes():
                        body += chunk
                        if len(body) > request.longest:
                            break
                return _response(answer, bytes(body[: request.longest]))
        raise AssertionError  # _translating_errors raises what it catches

    async def close(self) -> None:
        for client in self._clients.all():
            await client.aclose()


def _arguments(request: Request) -> dict[str, Any]:
    import httpx2

    own = {"user-agent": "truthound", "accept-encoding": "identity"}
    given = {k.lower(): v for k, v in request.headers.items()}
    return {
        "method": request.method,
        "url": request.url,
        "headers": own | given,
        "content": request.content or None,
        # shorter than the request's own limit, so that the client itself usually times out and closes its connection
        "timeout": httpx2.Timeout(request.seconds, connect=0.9 * request.seconds),
        "follow_redirects": False,
    }


def _response(answer: httpx2.Response, body: bytes) -> Response:
    return Response(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, body)


def _record_progress(dispatch: Dispatch, event: str, info: Mapping[str, Any]) -> None:
    """Records the progress of a request from the transport's events."""
    if event.endswith("connect_tcp.started"):
        dispatch.peer = f"{info['host']}:{info['port']}"
    elif event in (
        "proxy.start_tls.started",
        "socks.start_tls.started",
    ):  # from here on, the connection to the service itself
        dispatch.peer = ""
    elif (
        event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT"
    ):  # CONNECT is sent to a proxy
        dispatch.begin()


@contextmanager
def _ignoring_lost_body(answer: httpx2.Response) -> Iterator[None]:
    """Ignores a lost body if the status is a refusal: the message was not accepted, whatever the body is."""
    import httpx2

    try:
        yield
    except httpx2.HTTPError:
        if answer.is_success:
            raise


def cut_off(request: Request, reason: str) -> Response:
    """The response to an abandoned request, if its status line arrived and is a refusal; raises otherwise."""
    certain, answer = request.dispatch.drop(), request.dispatch.answer
    if not certain and answer is not None and not 200 <= answer.status < 300:
        return answer
    raise _lost_connection(request, reason)


def _lost_connection(request: Request, reason: str) -> ActionError:
    """The error for a broken connection: nothing was sent, or it may have arrived."""
    if request.dispatch.begun and not request.may_repeat:
        return UnansweredError(reason)
    error = UnreachableError(reason)
    error.uncertain = request.dispatch.begun and not request.is_safe
    return error


@contextmanager
def _translating_errors(request: Request) -> Iterator[None]:
    """Raises the client's errors as ours, without the URL, which its errors and logs contain."""
    import httpx2

    importlib.import_module("httpcore2")  # the client imports it late; its loggers must exist before the first request
    try:
        with suppressed_logs("httpx2", "httpcore2"):
            yield
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        raise _connection_error(request, error) from None
    except httpx2.TimeoutException:
        raise _lost_connection(request, f"no answer from {request.where} within {request.seconds:g} s") from None
    except httpx2.ProxyError as error:
        raise _refused_by_proxy(request, str(error)) from None
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol):
        raise ConfigError(f"the URL for {request.where} is not one that can be sent to") from None
    except httpx2.LocalProtocolError:  # the error's text repeats the header
        raise ConfigError(
            f"the request to {request.where} cannot be sent: a header holds what HTTP does not allow"
        ) from None
    except httpx2.HTTPError as error:
        reason = _one_line(str(error).replace(request.url, request.where)) or type(error).__name__
        what = (
            "closed the connection before its response was complete"
            if request.dispatch.begun
            else "could not be reached"
        )
        raise _lost_connection(request, f"{request.where} {what}: {reason}") from None
    except ConfigError:
        raise
    except (ValueError, UnicodeError) as error:  # a header that cannot be sent, and the like
        raise ConfigError(f"the request to {request.where} cannot be sent: {type(error).__name__}") from None


def _connection_error(request: Request, error: Exception) -> ActionError:
    """No connection was made, to the service or to the proxy before it: nothing was sent."""
    import httpx2

    reason = str(error).replace(request.url, request.where)
    late = isinstance(error, httpx2.ConnectTimeout)
    if "certificate" in reason.lower():
        return ActionError(
            f"the certificate of {request.where} is not trusted ({_one_line(reason)}); give a private authority's in SSL_CERT_FILE"
        )
    why = f"no connection within {request.seconds:g} s" if late else _one_line(reason) or type(error).__name__
    if proxy := _proxy(request):
        return UnreachableError(
            f"the proxy {proxy} could not be reached: {why}; {request.where} is to be reached through it "
            "(the option proxy, or HTTP_PROXY, HTTPS_PROXY, ALL_PROXY)"
        )
    return UnreachableError(f"{request.where} could not be reached: {why}")


def _refused_by_proxy(request: Request, reason: str) -> ActionError:
    """The proxy refused the request."""
    line = f"the proxy {_proxy(request)} did not let {request.where} be reached: {_one_line(reason)}".replace(
        "proxy  ", "proxy "
    )
    if reason.startswith("407"):
        return ActionError(f"{line}; give its user and password in the proxy's URL")
    return UnreachableError(line) if reason[:1] != "4" else ActionError(line)


def _proxy(request: Request) -> str:
    """Host and port of the proxy that was connected to; empty if it was the service itself."""
    peer, parts = request.dispatch.peer, urlsplit(request.url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return "" if peer.lower() in ("", f"{parts.hostname}:{port}") else peer


def _one_line(reason: str) -> str:
    return " ".join(reason.split())[:200]


def prepare() -> None:
    """Loads the HTTP client and the certificates, which takes a tenth of a second once. Errors are raised when a request is sent."""
    with contextlib.suppress(Exception):
        importlib.import_module("httpx2")
        importlib.import_module("anyio._backends._asyncio")  # the first connection would load it
        context()


def _is_not_ours(_: logging.LogRecord) -> bool:
    return not _own_request.get()


@contextmanager
def suppressed_logs(*packages: str) -> Iterator[None]:
    """A block in which our requests are not logged by these packages, which log whole URLs, headers and tokens. What others
    do with them meanwhile is logged.

    A filter applies to its own logger only, and a package's loggers exist once it is imported: it must be by now.
    """
    for name in [n for n in list(logging.root.manager.loggerDict) if n.partition(".")[0] in packages]:
        logger = logging.getLogger(name)
        logger.addFilter(_is_not_ours)  # once: a filter that is there is not added again
    token = _own_request.set(True)
    try:
        yield
    finally:
        _own_request.reset(token)


__all__ = [
    "LONGEST",
    "AsyncSender",
    "Dispatch",
    "Request",
    "Response",
    "Sender",
    "check_url",
    "cut_off",
    "host",
    "multipart",
    "suppressed_logs",
    "trusted",
]
