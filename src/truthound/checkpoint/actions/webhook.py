"""Any HTTP endpoint. Signatures: https://github.com/standard-webhooks/standard-webhooks (version 1.0.0)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, NoReturn, Self
from urllib.parse import quote, quote_plus, urlsplit, urlunsplit

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr, model_validator

from truthound._internal import env_vars, templates
from truthound._internal.options import Converted, Secret, option
from truthound._internal.text import did_you_mean, to_json_value
from truthound.checkpoint.actions.base import ActionContext, NotifyOn
from truthound.checkpoint.actions.channel import Channel, SecretUrl, encoded, success, summarize_sent
from truthound.errors import ConfigError
from truthound.io import http_client
from truthound.io.flow import Flow
from truthound.reporters import message as messages
from truthound.reporters.message import Message, fit_to_limits
from truthound.results import ActionResult, CheckpointResult

Method = Literal["POST", "PUT", "PATCH", "GET", "HEAD", "DELETE", "OPTIONS"]
LIMIT = 256 * 1024
"""bytes of a summary: what the usual receivers (serverless functions, queues) take"""
_BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
_JSON = "application/json"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_OURS = frozenset({"content-length", "transfer-encoding", "host", "connection"})
_PLAIN = frozenset({"accept", "accept-language", "cache-control", "content-type", "user-agent"})
"""headers whose values are no secrets"""
_ONE_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}|\{(\w+)\}")
_ESCAPES: dict[str, Callable[[str], str] | None] = {
    "application/x-www-form-urlencoded": quote_plus,
    "application/xml": html.escape,
    "text/xml": html.escape,
    "text/html": html.escape,
}
# auth_type -> the keys of its credentials: other names of each, and its default (None: it must be given)
_CREDENTIALS: dict[str, dict[str, tuple[tuple[str, ...], str | None]]] = {
    "none": {},
    "basic": {"username": (("user",), None), "password": ((), None)},
    "bearer": {"token": (("access_token",), None)},
    "api_key": {
        "key": (("api_key", "value"), None),
        "name": (("header", "header_name"), "X-API-Key"),
        "location": (("in",), "header"),
    },
}


def _headers(given: dict[str, SecretStr]) -> dict[str, SecretStr]:
    for name, value in given.items():
        if why := _unfit(name, value.get_secret_value()):
            raise ValueError(why)
    if len({n.lower() for n in given}) < len(given):
        raise ValueError("a header is given twice")
    return given


def _unfit(name: str, value: str) -> str:
    """Why this cannot be a header, or an empty text."""
    if not _TOKEN.fullmatch(name):
        return f"{name!r} cannot be the name of a header"
    if name.lower() in _OURS:
        return f"{name} cannot be set: it follows from the request"
    if any((ord(c) < 32 and c != "\t") or ord(c) == 127 for c in value):
        return f"the value of {name} holds a line break or another control character"
    if not value.isascii():
        return f"the value of {name} holds letters that a header cannot hold; only ASCII can be sent"
    return ""


def _payload(given: Any) -> Any:
    for one in _strings(given):
        templates.check(one)
    return given


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for v in value.values():
                yield from _strings(v)
        case list():
            for v in value:
                yield from _strings(v)


Headers = Converted[Annotated[dict[str, SecretStr], AfterValidator(_headers)], Mapping[str, SecretStr | str]]
Status = Annotated[int, Field(ge=100, le=599)]


class Endpoint(Channel):
    """An HTTP endpoint: how it is reached, who says so, and a body of the user's own."""

    service: ClassVar[str] = "the webhook"
    key_header: ClassVar[str] = ""
    """the header in which a request that is not idempotent says its id, the same in all attempts"""
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {"url": ("TRUTHOUND_WEBHOOK_URL",)}
    hints: ClassVar[Mapping[int, str]] = {
        401: "check auth_type and auth_credentials",
        403: "check auth_type and auth_credentials",
        405: "the endpoint does not take this method",
        415: "the endpoint wants another Content-Type: set it in headers",
    }

    url: SecretUrl = option(default=None, validation_alias=AliasChoices("url", "webhook_url"))
    """Where it is sent; TRUTHOUND_WEBHOOK_URL, if not given."""
    method: Annotated[Method, BeforeValidator(lambda v: v.upper() if isinstance(v, str) else v)] = "POST"
    """POST, PUT and PATCH carry a body; GET, HEAD, DELETE and OPTIONS do not."""
    headers: Headers = option(default_factory=dict)
    """Further headers. A Content-Type of your own says how a text payload_template is escaped."""
    auth_type: Literal["none", "basic", "bearer", "api_key"] = "none"
    """How it says who it is."""
    auth_credentials: Converted[dict[str, SecretStr], Mapping[str, SecretStr | str]] = option(default_factory=dict)
    """bearer: token. basic: username, password. api_key: key, name (X-API-Key), location (header or query)."""
    signing_secret: Secret = option(default=None)
    """Signs each request (HMAC-SHA256 over its id, time and body) in the headers of Standard Webhooks."""
    payload_template: Annotated[str | dict[str, Any] | list[Any] | None, AfterValidator(_payload)] = None
    """A body of your own: text with places for the run's facts, or a mapping or list whose texts are such templates."""
    success_codes: Converted[tuple[Status, ...] | None, list[int] | tuple[int, ...] | None] = option(
        default=None, min_length=1
    )
    """The status codes that mean yes; any from 200 to 299, if not given."""
    ssl_verify: bool = Field(default=True, validation_alias=AliasChoices("ssl_verify", "verify_ssl"))
    """Whether the endpoint's certificate is checked."""
    proxy: SecretUrl = option(default=None)
    """A proxy to send through; HTTPS_PROXY and NO_PROXY of the environment, if not given."""
    notify_on: NotifyOn = "always"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        given = [o for o in ("payload_template", "include_full_result") if getattr(self, o, None)]
        if len(given) > 1:
            raise ValueError("give payload_template or include_full_result, not both")
        if given and self.method in _BODILESS:
            raise ValueError(f"{self.method} carries no body: leave out {given[0]}, or use POST, PUT or PATCH")
        self._credentials()
        return self

    def check(self) -> Iterator[str]:
        yield from super().check()
        try:
            self._headers(b"", "", 0)
        except ConfigError as error:
            yield from error.problems

    def secrets(self) -> Iterator[str]:
        """What its endpoint is told to know it by; not the plain words among its options."""
        plainly: dict[str, Any] = {"headers": {}, "auth_credentials": {}}
        yield from super(Endpoint, self.model_copy(update=plainly)).secrets()
        values = {n.lower(): v.get_secret_value() for n, v in self.headers.items()}
        yield from (v for n, v in values.items() if n not in _PLAIN and (len(v) >= 8 or env_vars.is_secret(n)))
        known = self._credentials()
        yield from (v for k, v in known.items() if k not in ("name", "location", "username"))
        if self.auth_type == "basic":
            yield _basic(known)

    # --- the request ----------------------------------------------------------------------------------------------

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        message = self.message(result, run)
        body = b"" if self.method in _BODILESS else self.body(result, message)
        answer = yield from self.request(
            self.method,
            self._target(),
            body,
            run=run,
            headers=self._headers(
                body, f"{result.run_id}:{result.run_time.isoformat()}:{self.name}", int(run.clock().timestamp())
            ),
            good=lambda status: status in self.success_codes if self.success_codes else 200 <= status < 300,
            verify=self.ssl_verify,
            proxy=self.proxy.get_secret_value() if self.proxy else None,
            proof=None if self.success_codes else self.response_check,
        )
        said = f"{self.method} {http_client.host(self._target())}: {answer.status}"
        details = {"response": self.redact_and_truncate(answer.text, 1000)} if answer.content else {}
        return success(f"{said}: {summarize_sent(message)}" if body else said, answer, **details)

    def body(self, result: CheckpointResult, message: Message) -> bytes:
        """What is sent: the template's text, or what `ours` is."""
        if self.payload_template is None:
            return self.ours(result, message)
        return self._own(messages.template_values(result, message) | {"metadata": to_json_value(result.metadata)})

    def ours(self, result: CheckpointResult, message: Message) -> bytes:
        """The body where the user gave none."""
        raise NotImplementedError

    def _own(self, values: Mapping[str, Any]) -> bytes:
        """The payload template, filled in."""
        kind = self._content_type()
        if not isinstance(self.payload_template, str):
            return encoded(_filled(self.payload_template, values))
        if kind not in (_JSON, "") and not kind.endswith("+json"):
            return templates.render(self.payload_template, values, _ESCAPES.get(kind)).encode("utf-8", "replace")
        text = templates.render(self.payload_template, values, templates.within_json)
        try:
            json.loads(text, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise ConfigError(
                f"payload_template does not come to JSON: {error}; put places for text in quotes, write "
                "{{ issues | tojson }} for what is no text, or set another Content-Type in headers"
            ) from None
        return text.encode("utf-8", "replace")

    def _content_type(self) -> str:
        given = next((v.get_secret_value() for n, v in self.headers.items() if n.lower() == "content-type"), _JSON)
        return given.partition(";")[0].strip().lower()

    def _headers(self, body: bytes, identity: str, moment: int) -> dict[str, str]:
        """The request's headers; raises ConfigError for what cannot be one."""
        made = {"content-type": _JSON} if self.method not in _BODILESS else {}
        made |= {name.lower(): value.get_secret_value() for name, value in self.headers.items()}
        known = self._credentials()
        if self.auth_type == "basic":
            made["authorization"] = f"Basic {_basic(known)}"
        elif self.auth_type == "bearer":
            made["authorization"] = f"Bearer {known['token']}"
        elif self.auth_type == "api_key" and known["location"] == "header":
            made[known["name"].lower()] = known["key"]
        if self.key_header and self.method in ("POST", "PATCH"):
            made.setdefault(self.key_header, message_id(identity))
        if self.signing_secret is not None:
            made |= signature(self.signing_secret.get_secret_value(), identity, moment, body)
        if problems := [why for name, value in made.items() if (why := _unfit(name, value))]:
            raise ConfigError(problems)
        return made

    def _target(self) -> str:
        url, known = (self.url.get_secret_value() if self.url else ""), self._credentials()
        if self.auth_type != "api_key" or known["location"] == "header":
            return url
        parts = urlsplit(url)
        pair = f"{quote(known['name'], safe='')}={quote(known['key'], safe='')}"
        return urlunsplit(parts._replace(query=f"{parts.query}&{pair}" if parts.query else pair))

    def _credentials(self) -> dict[str, str]:
        """The credentials under their names; raises ConfigError for what is unknown, missing or given twice."""
        known = _CREDENTIALS[self.auth_type]
        given = {k: v.get_secret_value() for k, v in self.auth_credentials.items()}
        if given and not known:
            raise ConfigError("auth_credentials are given, but auth_type is none: say basic, bearer or api_key")
        found: dict[str, str] = {}
        for key, (others, default) in known.items():
            names = [n for n in (key, *others) if n in given]
            if len(names) > 1:
                raise ConfigError(f"auth_credentials: {' and '.join(names)} are the same: give one of them")
            value = given.pop(names[0]) if names else default
            if value is None or (not value and key != "password"):
                raise ConfigError(f"auth_credentials: auth_type {self.auth_type} needs {key}")
            found[key] = value
        if given:
            wrong = next(iter(given))
            hint = did_you_mean(wrong, known) or f"; auth_type {self.auth_type} takes {', '.join(known)}"
            raise ConfigError(f'auth_credentials: unknown key "{wrong}"{hint}')
        if found.get("location", "header") not in ("header", "query") and "${" not in found["location"]:
            raise ConfigError("auth_credentials: location is header or query")
        if ":" in found.get("username", ""):
            raise ConfigError("auth_credentials: a username cannot hold a colon")
        return found


class WebhookAction(Endpoint):
    """Sends a run's result to an HTTP endpoint, as JSON of ours or in a form of your own."""

    type: ClassVar[str] = "webhook"
    key_header: ClassVar[str] = "idempotency-key"

    at_least_once: bool = False
    """Whether a request that may have arrived (no answer, or another 5xx) is sent again: for an endpoint that takes one
    `Idempotency-Key` (or `webhook-id`) once."""
    include_full_result: bool = False
    """Whether the body is the whole result, as it is stored. It holds failing rows unless include_examples is false."""

    def ours(self, result: CheckpointResult, message: Message) -> bytes:
        """The whole result, or a summary within `LIMIT`."""
        if self.include_full_result:
            shown = self.include_examples or "include_examples" not in self.model_fields_set
            return encoded(result.to_dict() if shown else _without_rows(result.to_dict()))
        made = fit_to_limits(message, lambda m: encoded(summary(result, m)), lambda b: len(b) <= LIMIT)
        return made if len(made) <= LIMIT else encoded(summary(result, message, few=True))


def summary(result: CheckpointResult, message: Message, *, few: bool = False) -> dict[str, Any]:
    """What a run came to, in the names that templates have; `few` leaves out what the user added."""
    known = messages.template_values(result, message)
    metadata = {} if few else {k: v for k, v in to_json_value(result.metadata).items() if k != "tags"}
    return known | {"omitted_issues": message.omitted, "fixed": list(message.fixed), "metadata": metadata}


def message_id(identity: str) -> str:
    """The id of a message, the same in all attempts to deliver it."""
    return f"msg_{hashlib.sha256(identity.encode('utf-8', 'replace')).hexdigest()[:32]}"


def signature(secret: str, identity: str, moment: int, body: bytes) -> dict[str, str]:
    """The headers that prove who sent a body and when. A secret `whsec_...` is base64, as its specification has it."""
    key = secret.encode()
    if secret.startswith("whsec_"):
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            raise ConfigError("signing_secret begins with whsec_, so the rest must be base64; it is not") from None
    if not key.strip():
        raise ConfigError(
            "signing_secret is empty: what everybody can sign proves nothing; leave it out to sign nothing"
        )
    name = message_id(identity)
    made = hmac.new(key, f"{name}.{moment}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": name,
        "webhook-timestamp": str(moment),
        "webhook-signature": f"v1,{base64.b64encode(made).decode()}",
    }


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    """A payload's texts filled in; one that is nothing but a place becomes what the place stands for."""
    match value:
        case str():
            place = _ONE_PLACE.fullmatch(value)
            name = (place[1] or place[2]) if place else ""
            return values[name] if name in values else templates.render(value, values)
        case Mapping():
            return {k: _filled(v, values) for k, v in value.items()}
        case list():
            return [_filled(v, values) for v in value]
        case _:
            return to_json_value(value)


def _without_rows(full: dict[str, Any]) -> dict[str, Any]:
    """A stored result without values of the data."""
    for outcome in (full["validation_result"] or {}).get("outcomes", ()):
        outcome |= {"examples": [], "top_values": []}
    return full


def _basic(known: Mapping[str, str]) -> str:
    return base64.b64encode(f"{known['username']}:{known['password']}".encode()).decode()


def _no_number(said: str) -> NoReturn:
    raise ValueError(f"{said} is no number in JSON")


__all__ = ["LIMIT", "Endpoint", "WebhookAction", "message_id", "signature", "summary"]
