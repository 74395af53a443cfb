"""HTTP requests and answers as values, and the clients that send them: one for threads, one for an event loop.

No redirect is followed (a POST could become a GET that "succeeds"), an answer is read up to a limit, proxies and
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
    """Clients that are not at work, for each way to connect. One sends one request at a time, and keeps its connections.

    A client that many requests share looks at each of its idle connections before every request, which is quadratic.
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
        except (ValueError, ImportError) as error:  # what cannot be used is known only here, and may hold a password
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
        def seen(event: str, info: Mapping[str, Any]) -> None:
            _follow(request.dispatch, event, info)

        with (
            _sending(request),
            self._clients.one(request) as client,
            client.stream(**_arguments(request), extensions={"trace": seen}) as answer,
        ):
            body = bytearray()
            request.dispatch.answer = _response(answer, b"")
            with _judged(answer):
                for chunk in answer.iter_bytes():
                    body += chunk
                    if len(body) > request.longest:
                        break
            return _response(answer, bytes(body[: request.longest]))
        raise AssertionError  # _sending raises what it catches

    def close(self) -> None:
        for client in self._clients.all():
            client.close()


def download(request: Request, file: IO[bytes]) -> int:
    """The status of an answer, whose body is written to a file if it is 200. Redirects are followed: a file may lie elsewhere."""
    import httpx2

    arguments = _arguments(request) | {"follow_redirects": True}
    with (
        _sending(request),
        httpx2.Client(verify=context(), proxy=request.proxy) as client,
        client.stream(**arguments) as answer,
    ):
        if answer.status_code == 200:
            for piece in answer.iter_bytes():
                file.write(piece)
        return int(answer.status_code)
    raise AssertionError  # _sending raises what it catches


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
        async def seen(event: str, info: Mapping[str, Any]) -> None:
            _follow(request.dispatch, event, info)

        with _sending(request), self._clients.one(request) as client:
            async with client.stream(**_arguments(request), extensions={"trace": seen}) as answer:
                body = bytearray()
                request.dispatch.answer = _response(answer, b"")
                with _judged(answer):
                    async for chunk in answer.aiter_bytes():
                        body += chunk
                        if len(body) > request.longest:
                            break
                return _response(answer, bytes(body[: request.longest]))
        raise AssertionError  # _sending raises what it catches

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
        # less than the request has, so that the client ends it, and closes what it opened, where it can
        "timeout": httpx2.Timeout(request.seconds, connect=0.9 * request.seconds),
        "follow_redirects": False,
    }


def _response(answer: httpx2.Response, body: bytes) -> Response:
    return Response(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, body)


def _follow(dispatch: Dispatch, event: str, info: Mapping[str, Any]) -> None:
    """Notes how far a request has come, as the transport tells it."""
    if event.endswith("connect_tcp.started"):
        dispatch.peer = f"{info['host']}:{info['port']}"
    elif event in ("proxy.start_tls.started", "socks.start_tls.started"):  # from here on it is the other side
        dispatch.peer = ""
    elif event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":  # that is for a proxy
        dispatch.begin()


@contextmanager
def _judged(answer: httpx2.Response) -> Iterator[None]:
    """Bears the loss of a body where the status line says no: the message was not taken, whatever the body is."""
    import httpx2

    try:
        yield
    except httpx2.HTTPError:
        if answer.is_success:
            raise


def cut_off(request: Request, said: str) -> Response:
    """What is known of a request that was given up: its answer, if the status line came and says no; raises else."""
    certain, answer = request.dispatch.drop(), request.dispatch.answer
    if not certain and answer is not None and not 200 <= answer.status < 300:
        return answer
    raise _lost(request, said)


def _lost(request: Request, said: str) -> ActionError:
    """The error that a broken connection stands for: nothing was sent, or it may have arrived."""
    if request.dispatch.begun and not request.may_repeat:
        return UnansweredError(said)
    error = UnreachableError(said)
    error.uncertain = request.dispatch.begun and not request.is_safe
    return error


@contextmanager
def _sending(request: Request) -> Iterator[None]:
    """Tells what goes wrong without the URL, which the client's errors and logs hold."""
    import httpx2

    importlib.import_module(
        "httpcore2"
    )  # the client imports it late; the first request is to be as silent as the second
    try:
        with silent("httpx2", "httpcore2"):
            yield
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        raise _unconnected(request, error) from None
    except httpx2.TimeoutException:
        raise _lost(request, f"no answer from {request.where} within {request.seconds:g} s") from None
    except httpx2.ProxyError as error:
        raise _barred(request, str(error)) from None
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol):
        raise ConfigError(f"the URL for {request.where} is not one that can be sent to") from None
    except httpx2.LocalProtocolError:  # its text repeats the header
        raise ConfigError(
            f"the request to {request.where} cannot be sent: a header holds what HTTP does not allow"
        ) from None
    except httpx2.HTTPError as error:
        said = _short(str(error).replace(request.url, request.where)) or type(error).__name__
        what = "hung up before its answer was whole" if request.dispatch.begun else "could not be reached"
        raise _lost(request, f"{request.where} {what}: {said}") from None
    except ConfigError:
        raise
    except (ValueError, UnicodeError) as error:  # a header that cannot be sent, and the like
        raise ConfigError(f"the request to {request.where} cannot be sent: {type(error).__name__}") from None


def _unconnected(request: Request, error: Exception) -> ActionError:
    """No connection was made, to the other side or to the proxy before it: nothing was sent."""
    import httpx2

    said = str(error).replace(request.url, request.where)
    late = isinstance(error, httpx2.ConnectTimeout)
    if "certificate" in said.lower():
        return ActionError(
            f"the certificate of {request.where} is not trusted ({_short(said)}); give a private authority's in SSL_CERT_FILE"
        )
    why = f"no connection within {request.seconds:g} s" if late else _short(said) or type(error).__name__
    if proxy := _proxy(request):
        return UnreachableError(
            f"the proxy {proxy} could not be reached: {why}; {request.where} is to be reached through it "
            "(the option proxy, or HTTP_PROXY, HTTPS_PROXY, ALL_PROXY)"
        )
    return UnreachableError(f"{request.where} could not be reached: {why}")


def _barred(request: Request, said: str) -> ActionError:
    """The proxy answered, and did not let the request through."""
    line = f"the proxy {_proxy(request)} did not let {request.where} be reached: {_short(said)}".replace(
        "proxy  ", "proxy "
    )
    if said.startswith("407"):
        return ActionError(f"{line}; give its user and password in the proxy's URL")
    return UnreachableError(line) if said[:1] != "4" else ActionError(line)


def _proxy(request: Request) -> str:
    """Host and port of the proxy that a connection was made to, if it was not made to the other side."""
    peer, parts = request.dispatch.peer, urlsplit(request.url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return "" if peer.lower() in ("", f"{parts.hostname}:{port}") else peer


def _short(said: str) -> str:
    return " ".join(said.split())[:200]


def prepare() -> None:
    """Loads the HTTP client and the certificates, which takes a tenth of a second once. What goes wrong shows when a request is sent."""
    with contextlib.suppress(Exception):
        importlib.import_module("httpx2")
        importlib.import_module("anyio._backends._asyncio")  # the first connection would load it
        context()


class _SuppressOwnLogs(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return not _own_request.get()


_filter = _SuppressOwnLogs()


@contextmanager
def silent(*packages: str) -> Iterator[None]:
    """A block in which what we do is not logged by these packages, which log whole URLs, headers and tokens; what others do
    with them meanwhile is not our business.

    A filter holds for its own logger only, and those of a package exist once it is imported: so it must be by now.
    """
    for name in [n for n in list(logging.root.manager.loggerDict) if n.partition(".")[0] in packages]:
        logger = logging.getLogger(name)
        if _filter not in logger.filters:
            logger.addFilter(_filter)
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
    "silent",
    "trusted",
]
