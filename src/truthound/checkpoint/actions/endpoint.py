"""A user-defined HTTP endpoint: URL, authentication, and a body that the user writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr, model_validator

from truthound._internal.options import Converted, Secret, option
from truthound._internal.redaction import is_secret
from truthound._internal.text import to_json_value
from truthound.checkpoint.actions import payload_template as payloads
from truthound.checkpoint.actions.channel import Channel, success, summarize_sent
from truthound.checkpoint.actions.channel_options import SecretUrl
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.notify_on import NotifyOn
from truthound.checkpoint.actions.webhook_auth import (
    AuthType,
    auth_headers,
    basic_token,
    invalid_header,
    message_id,
    parse_credentials,
    signature,
)
from truthound.errors import ConfigError
from truthound.io import http_client
from truthound.io.flow import Flow
from truthound.reporters import message as messages
from truthound.reporters.message import Message
from truthound.results import ActionResult, CheckpointResult

Method = Literal["POST", "PUT", "PATCH", "GET", "HEAD", "DELETE", "OPTIONS"]
_BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
_PUBLIC_HEADERS = frozenset({"accept", "accept-language", "cache-control", "content-type", "user-agent"})
_SHORTEST_SECRET = 8
"""characters from which the value of any other header is redacted"""


def _check_headers(headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
    for name, value in headers.items():
        if why := invalid_header(name, value.get_secret_value()):
            raise ValueError(why)
    if len({name.lower() for name in headers}) < len(headers):
        raise ValueError("a header is given twice")
    return headers


Headers = Converted[Annotated[dict[str, SecretStr], AfterValidator(_check_headers)], Mapping[str, SecretStr | str]]
Status = Annotated[int, Field(ge=100, le=599)]


class Endpoint(Channel):
    """A channel whose URL, authentication and body the user chooses."""

    service: ClassVar[str] = "the webhook"
    key_header: ClassVar[str] = ""
    """the header with the id of a request that is not idempotent, the same in all attempts"""
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {"url": ("TRUTHOUND_WEBHOOK_URL",)}
    hints: ClassVar[Mapping[int, str]] = {
        401: "check auth_type and auth_credentials",
        403: "check auth_type and auth_credentials",
        405: "the endpoint does not take this method",
        415: "the endpoint wants another Content-Type: set it in headers",
    }

    url: SecretUrl = option(default=None, validation_alias=AliasChoices("url", "webhook_url"))
    """Where the request is sent. Default: the environment variable of the channel."""
    method: Annotated[Method, BeforeValidator(lambda v: v.upper() if isinstance(v, str) else v)] = "POST"
    """POST, PUT and PATCH carry a body; GET, HEAD, DELETE and OPTIONS do not."""
    headers: Headers = option(default_factory=dict)
    """Further headers. A Content-Type here decides how values in a text payload_template are escaped."""
    auth_type: AuthType = "none"
    """How the request is authenticated."""
    auth_credentials: Converted[dict[str, SecretStr], Mapping[str, SecretStr | str]] = option(default_factory=dict)
    """bearer: token. basic: username, password. api_key: key, name (X-API-Key), location (header or query)."""
    signing_secret: Secret = option(default=None)
    """Signs each request (HMAC-SHA256 over its id, time and body) in the headers of Standard Webhooks."""
    payload_template: Annotated[str | dict[str, Any] | list[Any] | None, AfterValidator(payloads.check)] = None
    """Replaces the body: a text with placeholders, or a mapping or list whose texts are such templates."""
    success_codes: Converted[tuple[Status, ...] | None, list[int] | tuple[int, ...] | None] = option(
        default=None, min_length=1
    )
    """The status codes that mean success. Default: 200 to 299."""
    ssl_verify: bool = Field(default=True, validation_alias=AliasChoices("ssl_verify", "verify_ssl"))
    """Whether the endpoint's certificate is verified."""
    proxy: SecretUrl = option(default=None)
    """A proxy to send through. Default: HTTPS_PROXY and NO_PROXY of the environment."""
    notify_on: NotifyOn = "always"

    @model_validator(mode="after")
    def _check_body_and_credentials(self) -> Self:
        body_options = [o for o in ("payload_template", "include_full_result") if getattr(self, o, None)]
        if len(body_options) > 1:
            raise ValueError("give payload_template or include_full_result, not both")
        if body_options and self.method in _BODILESS:
            raise ValueError(f"{self.method} carries no body: leave out {body_options[0]}, or use POST, PUT or PATCH")
        self._credentials()
        return self

    def check(self) -> Iterator[str]:
        yield from super().check()
        try:
            self._request_headers(b"", "", 0)
        except ConfigError as error:
            yield from error.problems

    def secrets(self) -> Iterator[str]:
        """The credentials and the values of headers, without those that are public."""
        without: dict[str, Any] = {"headers": {}, "auth_credentials": {}}
        yield from super(Endpoint, self.model_copy(update=without)).secrets()
        for name, value in ((n.lower(), v.get_secret_value()) for n, v in self.headers.items()):
            if name not in _PUBLIC_HEADERS and (len(value) >= _SHORTEST_SECRET or is_secret(name)):
                yield value
        credentials = self._credentials()
        yield from (v for k, v in credentials.items() if k not in ("name", "location", "username"))
        if self.auth_type == "basic":
            yield basic_token(credentials)

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        message = self.message(result, run)
        body = b"" if self.method in _BODILESS else self.body(result, message)
        identity = f"{result.run_id}:{result.run_time.isoformat()}:{self.name}"
        response = yield from self.request(
            self.method,
            self._target(),
            body,
            run=run,
            headers=self._request_headers(body, identity, int(run.clock().timestamp())),
            is_success=lambda status: status in self.success_codes if self.success_codes else 200 <= status < 300,
            verify=self.ssl_verify,
            proxy=self.proxy.get_secret_value() if self.proxy else None,
            confirmed_by=None if self.success_codes else self.response_check,
        )
        sent = f"{self.method} {http_client.host(self._target())}: {response.status}"
        details = {"response": self.redact_and_truncate(response.text, 1000)} if response.content else {}
        return success(f"{sent}: {summarize_sent(message)}" if body else sent, response, **details)

    def body(self, result: CheckpointResult, message: Message) -> bytes:
        """What is sent: the rendered template, or the default body."""
        if self.payload_template is None:
            return self.default_body(result, message)
        values = messages.template_values(result, message) | {"metadata": to_json_value(result.metadata)}
        return payloads.render(self.payload_template, values, self._content_type())

    def default_body(self, result: CheckpointResult, message: Message) -> bytes:
        """The body without a template."""
        raise NotImplementedError

    def _content_type(self) -> str:
        given = (v.get_secret_value() for n, v in self.headers.items() if n.lower() == "content-type")
        return next(given, payloads.JSON).partition(";")[0].strip().lower()

    def _request_headers(self, body: bytes, identity: str, moment: int) -> dict[str, str]:
        """All headers; raises ConfigError for one that is invalid."""
        headers = {} if self.method in _BODILESS else {"content-type": payloads.JSON}
        headers |= {name.lower(): value.get_secret_value() for name, value in self.headers.items()}
        headers |= auth_headers(self.auth_type, self._credentials())
        if self.key_header and self.method in ("POST", "PATCH"):
            headers.setdefault(self.key_header, message_id(identity))
        if self.signing_secret is not None:
            headers |= signature(self.signing_secret.get_secret_value(), identity, moment, body)
        if problems := [why for name, value in headers.items() if (why := invalid_header(name, value))]:
            raise ConfigError(problems)
        return headers

    def _target(self) -> str:
        """The URL, with an API key in its query where it belongs there."""
        url, credentials = (self.url.get_secret_value() if self.url else ""), self._credentials()
        if self.auth_type != "api_key" or credentials["location"] == "header":
            return url
        parts = urlsplit(url)
        key = f"{quote(credentials['name'], safe='')}={quote(credentials['key'], safe='')}"
        return urlunsplit(parts._replace(query=f"{parts.query}&{key}" if parts.query else key))

    def _credentials(self) -> dict[str, str]:
        given = {key: value.get_secret_value() for key, value in self.auth_credentials.items()}
        return parse_credentials(self.auth_type, given)
