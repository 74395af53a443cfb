"""How a request to a webhook proves its sender: credentials, and signatures of Standard Webhooks.

https://github.com/standard-webhooks/standard-webhooks (version 1.0.0).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Literal

from truthound._internal.text import did_you_mean
from truthound.errors import ConfigError

AuthType = Literal["none", "basic", "bearer", "api_key"]
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_SET_BY_CLIENT = frozenset({"content-length", "transfer-encoding", "host", "connection"})
# auth_type -> the keys of its credentials: other names of each, and its default (None: required)
_KEYS: dict[AuthType, dict[str, tuple[tuple[str, ...], str | None]]] = {
    "none": {},
    "basic": {"username": (("user",), None), "password": ((), None)},
    "bearer": {"token": (("access_token",), None)},
    "api_key": {
        "key": (("api_key", "value"), None),
        "name": (("header", "header_name"), "X-API-Key"),
        "location": (("in",), "header"),
    },
}


def invalid_header(name: str, value: str) -> str:
    """Why this cannot be a header, or an empty text."""
    if not _HEADER_NAME.fullmatch(name):
        return f"{name!r} cannot be the name of a header"
    if name.lower() in _SET_BY_CLIENT:
        return f"{name} cannot be set: it follows from the request"
    if any((ord(c) < 32 and c != "\t") or ord(c) == 127 for c in value):
        return f"the value of {name} contains a line break or another control character"
    if not value.isascii():
        return f"the value of {name} contains characters that a header cannot hold; only ASCII can be sent"
    return ""


def parse_credentials(auth_type: AuthType, given: Mapping[str, str]) -> dict[str, str]:
    """Credentials under their canonical names; raises ConfigError for keys that are unknown, missing or given twice."""
    keys = _KEYS[auth_type]
    if given and not keys:
        raise ConfigError("auth_credentials are given, but auth_type is none: set basic, bearer or api_key")
    credentials: dict[str, str] = {}
    unused = dict(given)
    for key, (synonyms, default) in keys.items():
        names = [name for name in (key, *synonyms) if name in unused]
        if len(names) > 1:
            raise ConfigError(f"auth_credentials: {' and '.join(names)} are the same: give one of them")
        value = unused.pop(names[0]) if names else default
        if value is None or (not value and key != "password"):
            raise ConfigError(f"auth_credentials: auth_type {auth_type} needs {key}")
        credentials[key] = value
    if unused:
        unknown = next(iter(unused))
        hint = did_you_mean(unknown, keys) or f"; auth_type {auth_type} takes {', '.join(keys)}"
        raise ConfigError(f'auth_credentials: unknown key "{unknown}"{hint}')
    if credentials.get("location", "header") not in ("header", "query") and "${" not in credentials["location"]:
        raise ConfigError("auth_credentials: location is header or query")
    if ":" in credentials.get("username", ""):
        raise ConfigError("auth_credentials: a username cannot contain a colon")
    return credentials


def auth_headers(auth_type: AuthType, credentials: Mapping[str, str]) -> dict[str, str]:
    """The headers that hold the credentials."""
    match auth_type:
        case "basic":
            return {"authorization": f"Basic {basic_token(credentials)}"}
        case "bearer":
            return {"authorization": f"Bearer {credentials['token']}"}
        case "api_key" if credentials["location"] == "header":
            return {credentials["name"].lower(): credentials["key"]}
        case _:
            return {}


def basic_token(credentials: Mapping[str, str]) -> str:
    """User and password in the form of HTTP's basic authentication."""
    return base64.b64encode(f"{credentials['username']}:{credentials['password']}".encode()).decode()


def message_id(identity: str) -> str:
    """The id of a message, the same in all attempts to deliver it."""
    return f"msg_{hashlib.sha256(identity.encode('utf-8', 'replace')).hexdigest()[:32]}"


def signature(secret: str, identity: str, moment: int, body: bytes) -> dict[str, str]:
    """The headers that prove who sent a body and when. `moment` is in seconds since 1970; a secret `whsec_...` is base64."""
    key = secret.encode()
    if secret.startswith("whsec_"):
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            raise ConfigError("signing_secret begins with whsec_, so the rest must be base64") from None
    if not key.strip():
        raise ConfigError("signing_secret is empty, so its signature would prove nothing; leave it out to sign nothing")
    id_ = message_id(identity)
    digest = hmac.new(key, f"{id_}.{moment}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(moment),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
