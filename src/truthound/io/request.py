"""HTTP requests and responses as values, and the progress of a request. A URL is a secret: errors name its host and a fingerprint only."""

from __future__ import annotations

import hashlib
import json
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

LONGEST = 64 * 1024
"""bytes kept of a response by default"""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_IDEMPOTENT = _SAFE | {"PUT", "DELETE"}


class Dispatch:
    """The moment from which a request may arrive. One thread may send it while another waits: a request that is abandoned
    before that moment is never sent, and the thread that abandons it knows whether it was sent.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dropped = False
        self.begun = False
        """whether something may have arrived"""
        self.peer = ""
        """host and port that a connection was last made to"""
        self.answer: Response | None = None
        """the response without its body, once the status line has arrived"""

    def begin(self) -> None:
        """To be called just before it is sent; raises RuntimeError if it was abandoned."""
        with self._lock:
            if self._dropped:
                raise RuntimeError("abandoned before it was sent")
            self.begun = True

    def drop(self) -> bool:
        """Abandons it; returns whether it is certain that nothing was sent or will be."""
        with self._lock:
            self._dropped = True
            return not self.begun


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. `seconds` limits each wait for the network; `verify` is whether the certificate is checked; `longest`
    bytes of the response are kept. `repeatable`: it is idempotent, whatever its method.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)
    seconds: float = 30.0
    verify: bool = True
    proxy: str | None = field(default=None, repr=False)
    longest: int = LONGEST
    repeatable: bool = False
    dispatch: Dispatch = field(default_factory=Dispatch, repr=False, compare=False)

    @property
    def is_safe(self) -> bool:
        """Whether its method is safe, by RFC 9110 (9.2.1): it delivers nothing."""
        return self.method in _SAFE

    @property
    def may_repeat(self) -> bool:
        """Whether it may be retried though it may have arrived: it is idempotent, by RFC 9110 (9.2.2) or as `repeatable` says."""
        return self.repeatable or self.method in _IDEMPOTENT

    @property
    def where(self) -> str:
        """`hooks.slack.com (#1f2e3d4c)`: identifies the URL without revealing it."""
        return f"{host(self.url)} (#{hashlib.sha256(self.url.encode()).hexdigest()[:8]})"


@dataclass(frozen=True, slots=True)
class Response:
    """The response: its status code, its headers in lower case, and its body up to `Request.longest` bytes."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")

    def json(self) -> Any:
        """The body as JSON; None if it is not JSON."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None


def encode_json(body: Any) -> bytes:
    """JSON as it is sent: UTF-8, null for a number that JSON cannot hold, lone surrogates replaced."""
    try:
        encoded = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        encoded = json.dumps(_finite(body), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return encoded.encode("utf-8", "replace")


def _finite(value: Any) -> Any:
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {k: _finite(v) for k, v in value.items()}
        case list() | tuple():
            return [_finite(v) for v in value]
        case _:
            return value


def host(url: str) -> str:
    """The host of a URL, for messages."""
    try:
        return urlsplit(url).hostname or "(no host)"
    except ValueError:
        return "(no host)"


def check_url(url: str) -> str:
    """Why requests cannot be sent to this URL; empty if they can."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return f"it is not a URL: {error}"
    if parts.scheme not in ("http", "https"):
        return "it must begin with https:// (or http://)"
    if not parts.hostname or any(c.isspace() or not c.isprintable() for c in url):
        return "it is not a URL that can be sent to"
    return ""


__all__ = ["LONGEST", "Dispatch", "Request", "Response", "check_url", "encode_json", "host"]
