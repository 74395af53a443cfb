"""TLS contexts with the trusted certificate authorities."""

from __future__ import annotations

import os
import ssl
from typing import Any

from truthound.errors import ConfigError

_contexts: dict[tuple[Any, ...], ssl.SSLContext] = {}


def context() -> ssl.SSLContext:
    """A shared context. Reading the certificates takes 20 ms: they are read again only if the environment or their file changes."""
    named = [os.environ.get(n, "") for n in ("SSL_CERT_FILE", "SSL_CERT_DIR")]
    key = (*named, *(os.stat(n).st_mtime_ns for n in named if n and os.path.exists(n)))  # noqa: PTH110, PTH116 plain paths
    if key not in _contexts:
        made = trusted()
        _contexts.clear()
        _contexts[key] = made
    return _contexts[key]


def trusted() -> ssl.SSLContext:
    """A new context that trusts the authorities of SSL_CERT_FILE or SSL_CERT_DIR, or the system's.

    Raises ConfigError that names the variable where they cannot be read.
    """
    import httpx2

    file, folders = (os.environ.get(n, "") for n in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    if folders and not file and not any(os.path.isdir(f) for f in folders.split(os.pathsep)):  # noqa: PTH112
        raise ConfigError(f"the certificates of SSL_CERT_DIR={folders} cannot be read: it is not a folder")
    try:
        return httpx2.create_ssl_context()
    except OSError as error:  # ssl.SSLError is one
        why = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        named = f"SSL_CERT_FILE={file}" if file else "this machine"
        raise ConfigError(f"the certificates of {named} cannot be read: {why}") from None


__all__ = ["context", "trusted"]
