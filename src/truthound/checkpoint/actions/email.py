"""E-mail, through SMTP, SendGrid (https://docs.sendgrid.com/api-reference/mail-send) or Amazon SES (API v2)."""

from __future__ import annotations

import html
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from email.message import EmailMessage
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from truthound._internal import templates
from truthound._internal.options import Converted, Secret, option
from truthound._internal.text import plural
from truthound.checkpoint.actions import email_message, email_sendgrid, email_ses
from truthound.checkpoint.actions.channel import Channel, success
from truthound.checkpoint.actions.channel_options import Url
from truthound.checkpoint.actions.context import ActionContext, look_back
from truthound.checkpoint.actions.email_message import Addresses, Content
from truthound.checkpoint.actions.email_ses import Ses
from truthound.checkpoint.actions.email_smtp import SmtpServer
from truthound.checkpoint.actions.email_transport import Transport
from truthound.checkpoint.actions.message_template import Template
from truthound.checkpoint.actions.response import ResponseCheck
from truthound.errors import ConfigError, OptionErrors, PermanentDeliveryError, TimeLimitError
from truthound.io.flow import Flow, call, within
from truthound.io.http_client import Dispatch
from truthound.reporters import email_page
from truthound.reporters import message as messages
from truthound.reporters.message import Message, fit_to_limits
from truthound.results import ActionResult, CheckpointResult

T = TypeVar("T")
_PART_BYTES = 90_000  # mail programs truncate longer parts
_MAX_RECIPIENTS = {"ses": ("SES", 50), "sendgrid": ("SendGrid", 1000)}
_PROVIDER_OPTIONS = {
    "smtp": ("smtp_host", "smtp_port", "smtp_user", "smtp_password", "use_tls", "use_ssl"),
    "sendgrid": ("api_key", "api_url"),
    "ses": ("region", "api_url"),
}
_IMPLICIT_TLS = 465
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def _split(given: Any) -> Any:
    return tuple(email_message.split_addresses(given)) if isinstance(given, str | list | tuple) else given


def _parse_all(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_parse, given))


def _parse(given: str) -> str:
    """The address; one with a variable is parsed when it is resolved."""
    return given if "${" in given and given.isprintable() else email_message.parse_address(given)


ParsedAddresses = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_parse_all)]
AddressList = Converted[ParsedAddresses, str | list[str] | tuple[str, ...]]


class EmailNotification(Channel):
    """Sends one e-mail a run, with a plain and an HTML part."""

    type: ClassVar[str] = "email"
    service: ClassVar[str] = "SendGrid"
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "to_addresses": ("EMAIL_TO",),
        "from_address": ("EMAIL_FROM",),
        "smtp_host": ("SMTP_HOST",),
        "smtp_user": ("SMTP_USER",),
        "smtp_password": ("SMTP_PASSWORD",),
        "api_key": ("SENDGRID_API_KEY",),
    }
    hints: ClassVar[Mapping[int, str]] = {
        401: "the API key is not valid",
        403: "the API key may not send mail, or the sender is not verified",
    }
    proof: ClassVar[ResponseCheck] = ResponseCheck(frozenset({202}))

    to_addresses: Converted[ParsedAddresses | None, str | list[str] | tuple[str, ...] | None] = option(default=None)
    """The recipients: a list, or a text with commas. Default: EMAIL_TO."""
    from_address: Annotated[str, AfterValidator(_parse)] | None = None
    """The sender. Default: EMAIL_FROM, or the SMTP user where that is an address."""
    cc_addresses: AddressList = option(default=())
    """Recipients of a copy."""
    bcc_addresses: AddressList = option(default=())
    """Recipients of a blind copy."""
    reply_to: AddressList = option(default=())
    """Where replies are sent."""
    provider: Literal["smtp", "sendgrid", "ses"] = "smtp"
    """How the e-mail is sent."""
    smtp_host: str | None = None
    """The SMTP server. Default: SMTP_HOST."""
    smtp_port: int | None = Field(default=None, ge=1, le=65535)
    """Its port. Default: 587 with STARTTLS, 465 with TLS from the start, 25 without."""
    smtp_user: str | None = None
    """The user to log in as. Default: SMTP_USER; if neither is set, no login is attempted."""
    smtp_password: Secret = option(default=None)
    """The user's password. Default: SMTP_PASSWORD."""
    use_tls: bool = True
    """Whether the connection is encrypted with STARTTLS."""
    use_ssl: bool = False
    """Whether the connection is encrypted from the start (port 465)."""
    api_key: Secret = option(default=None)
    """SendGrid's key. Default: SENDGRID_API_KEY."""
    api_url: Url | None = None
    """A different URL for SendGrid's or SES's API."""
    region: str | None = None
    """The region of SES. Default: that of the environment."""
    subject_template: Template = "[{verdict}] {checkpoint_name}"
    """The subject; may contain {checkpoint_name} and other placeholders."""
    body_template: Template | None = None
    """Replaces the plain part; may contain {summary} and other placeholders."""
    html_template: Template | None = None
    """Replaces the HTML part; values in it are escaped."""
    custom_message: Template | None = None
    """A text above the issues."""
    include_html: bool = True
    """Whether there is an HTML part."""
    include_chart: bool = True
    """Whether a chart of the stored earlier runs is in the HTML part."""

    @model_validator(mode="after")
    def _check_provider(self) -> Self:
        ignored = {
            option for provider, options in _PROVIDER_OPTIONS.items() if provider != self.provider for option in options
        }
        ignored -= set(_PROVIDER_OPTIONS[self.provider])
        if wrong := [option for option in type(self).model_fields if option in ignored & self.model_fields_set]:
            raise ValueError(f"{', '.join(wrong)}: not for the provider {self.provider}")
        if self.smtp_port == _IMPLICIT_TLS and not self.use_ssl:
            why = "a connection to port 465 is encrypted from its start: set use_ssl: true, or smtp_port: 587 for STARTTLS"
            raise OptionErrors([("smtp_port", why)])
        if not self.include_html and self.html_template is not None:
            raise ValueError("html_template: there is no HTML part with include_html: false")
        return self

    @property
    def deadline(self) -> float | None:
        return None  # `_send` applies it; SendGrid's request has its own time limit

    def required_options(self) -> Iterable[str]:
        yield "to_addresses"
        if self.provider == "smtp":
            yield "smtp_host"
        if self.provider == "sendgrid":
            yield "api_key"
        if not (self.provider == "smtp" and "@" in (self.smtp_user or "")):
            yield "from_address"

    def check(self) -> Iterator[str]:
        yield from super().check()
        try:
            addresses = self._addresses()
        except ValueError as error:
            yield f"addresses: {error}"
            return
        service, limit = _MAX_RECIPIENTS.get(self.provider, ("", sys.maxsize))
        if (count := len(addresses.recipients)) > limit:
            yield f"{service} sends to {limit:,} addresses at once; there are {count:,}"
        if self.provider == "ses" and importlib.util.find_spec("boto3") is None:
            yield email_ses.MISSING
        secure = self.use_tls or self.use_ssl or self.smtp_host in _LOCAL
        if self.provider == "smtp" and self.smtp_password and not secure:
            yield "smtp_password: it would be sent in the clear; set use_tls or use_ssl"

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        if problems := list(self.check()):
            raise ConfigError(problems)
        addresses = self._addresses()
        history: Sequence[CheckpointResult] = ()
        if self.include_html and self.include_chart:
            history = yield from look_back(run)
        content = self.content(result, run, history)
        sent = f"sent to {plural(len(addresses.recipients), 'recipient')} through"
        if self.provider == "sendgrid":
            headers = {"Authorization": f"Bearer {_text(self.api_key)}"}
            body = email_sendgrid.payload(addresses, content)
            response = yield from self.post(self.api_url or email_sendgrid.API, body, run=run, headers=headers)
            return success(f"{sent} SendGrid", response, message_id=response.headers.get("x-message-id", ""))
        mail = self._mail(result, run, addresses, content)
        if self.provider == "ses":
            api = Ses(**self._transport_options(), region=self.region, api_url=self.api_url)
            id_ = yield from self._send(api, "SES", lambda dispatch: api.send(mail, addresses, dispatch))
            return success(f"{sent} SES", message_id=id_)
        server = self._smtp_server()
        sender, recipients = addresses.sender_address, addresses.recipients
        refused = yield from self._send(
            server, server.host, lambda dispatch: server.send(mail, sender, recipients, dispatch)
        )
        if refused:
            raise PermanentDeliveryError(
                f"{server.host} refused {len(refused)} of {plural(len(recipients), 'recipient')}: "
                + "; ".join(f"{address}: {reply}" for address, reply in refused.items()),
                refused=list(refused),
                sent=[address for address in recipients if address not in refused],
            )
        return success(f"{sent} {server.host}", message_id=str(mail["Message-ID"]))

    def _send(self, transport: Transport, service: str, send: Callable[[Dispatch], T]) -> Flow[T]:
        """Sends within the time limit. When the limit is reached before the e-mail is being sent, the thread that is left
        behind does not send it later.
        """
        dispatch = Dispatch()
        try:
            return (yield from within(call(lambda: send(dispatch)), self.timeout_seconds))
        except TimeLimitError as error:
            error.uncertain = False
            if dispatch.drop():
                raise
        message = f"{service} gave no answer to the mail within {self.timeout_seconds:g} s"
        raise transport.connection_lost(message, sent=True)

    def _smtp_server(self) -> SmtpServer:
        return SmtpServer(
            **self._transport_options(),
            host=self.smtp_host or "",
            port=self.smtp_port,
            user=self.smtp_user or "",
            password=_text(self.smtp_password),
            security="tls" if self.use_ssl else "starttls" if self.use_tls else "none",
        )

    def _transport_options(self) -> dict[str, Any]:
        return {
            "timeout": self.timeout_seconds,
            "at_least_once": self.at_least_once,
            "redact": self.redact_and_truncate,
        }

    def preview(self, result: CheckpointResult, run: ActionContext) -> Iterator[str]:
        if self.provider != "sendgrid":
            addresses = self._addresses()
            mail = self._mail(result, run, addresses, self.content(result, run, ()))
            yield f"by {self.provider} to {', '.join(addresses.recipients)}\n{email_message.describe(mail)}"

    # --- the e-mail -----------------------------------------------------------------------------------------------

    def content(self, result: CheckpointResult, run: ActionContext, history: Iterable[CheckpointResult]) -> Content:
        """The rendered e-mail, its chart with the earlier runs of `history`."""
        message = self.message(result, run, self.custom_message or "")
        subject = templates.render(self.subject_template, messages.template_values(result, message))
        runs = [*history, result] if self.include_chart else []

        def plain(one: Message) -> str:
            if self.body_template is None:
                return email_page.plain(one)
            return templates.render(self.body_template, messages.template_values(result, one))

        def page(one: Message) -> str:
            if self.html_template is not None:
                return templates.render(self.html_template, messages.template_values(result, one), html.escape)
            if self.body_template is not None:
                return f'<!DOCTYPE html><html lang="en"><body><pre style="white-space:pre-wrap">{html.escape(plain(one))}</pre></body></html>'
            return email_page.html(one, runs)

        return Content(
            email_message.one_line_subject(subject),
            fit_to_limits(message, plain, _fits),
            fit_to_limits(message, page, _fits) if self.include_html else None,
        )

    def _mail(
        self, result: CheckpointResult, run: ActionContext, addresses: Addresses, content: Content
    ) -> EmailMessage:
        """The e-mail, with the same id in all attempts of a run."""
        identity = f"{result.checkpoint_name}:{self.name}:{result.run_time.isoformat()}"  # ids of runs may repeat
        return email_message.mime(addresses, content, run_id=result.run_id, identity=identity, moment=run.clock())

    def _addresses(self) -> Addresses:
        """Sender and recipients; raises ValueError for an invalid address, which a variable may hold."""
        return Addresses(
            sender=email_message.parse_address(self.from_address or self.smtp_user or ""),
            to=_parse_all(tuple(email_message.split_addresses(self.to_addresses or ()))),
            cc=tuple(map(email_message.parse_address, self.cc_addresses)),
            bcc=tuple(map(email_message.parse_address, self.bcc_addresses)),
            reply_to=tuple(map(email_message.parse_address, self.reply_to)),
        )


def _text(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _fits(text: str) -> bool:
    return len(text.encode("utf-8", "replace")) <= _PART_BYTES
