"""HTTP requests and answers as values, and how far a request has come. A URL is a secret: errors name its host and a fingerprint only."""

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
"""bytes kept of an answer, if not more are asked for"""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_IDEMPOTENT = _SAFE | {"PUT", "DELETE"}


class Dispatch:
    """The moment from which on something may arrive. Who waits for it and who sends it may be two threads: what is given
    up before that moment is never sent, and what is sent is known to whoever gives it up.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dropped = False
        self.begun = False
        """whether something may have arrived"""
        self.peer = ""
        """host and port that a connection was last made to"""
        self.answer: Response | None = None
        """what has come of the answer before its body"""

    def begin(self) -> None:
        """To be called just before it is sent; raises RuntimeError if it was given up."""
        with self._lock:
            if self._dropped:
                raise RuntimeError("given up before it was sent")
            self.begun = True

    def drop(self) -> bool:
        """Gives it up; says whether it is certain that nothing was sent, nor will be."""
        with self._lock:
            self._dropped = True
            return not self.begun


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. `seconds` bounds each wait for the network; `verify` is whether a certificate is checked; of the
    answer `longest` bytes are kept. `repeatable`: to be sent twice does no more than to be sent once.
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
        """Whether it only asks, by RFC 9110 (9.2.1): it delivers nothing."""
        return self.method in _SAFE

    @property
    def may_repeat(self) -> bool:
        """Whether it may be sent again though it may have arrived: by RFC 9110 (9.2.2), or because it is known to be so."""
        return self.repeatable or self.method in _IDEMPOTENT

    @property
    def where(self) -> str:
        """`hooks.slack.com (#1f2e3d4c)`: tells one URL from another without giving it away."""
        return f"{host(self.url)} (#{hashlib.sha256(self.url.encode()).hexdigest()[:8]})"


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: the status code, headers with small letters, and the body up to `Request.longest` bytes."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")

    def json(self) -> Any:
        """The body as JSON; None where it is none."""
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
    """The host that a URL names, for people."""
    try:
        return urlsplit(url).hostname or "(no host)"
    except ValueError:
        return "(no host)"


def check_url(url: str) -> str:
    """Why the text cannot be sent to, or an empty text."""
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
