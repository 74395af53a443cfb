"""E-mail, through SMTP, SendGrid (https://docs.sendgrid.com/api-reference/mail-send) or Amazon SES (API v2)."""

from __future__ import annotations

import html
import importlib.util
import os
import smtplib
import ssl
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from email.message import EmailMessage
from email.utils import getaddresses
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from truthound import mail, templates
from truthound import message as messages
from truthound.checkpoint.actions.base import RefusedError, Run, look_back
from truthound.checkpoint.actions.channel import NOT_TAKEN, Channel, DeniedError, Proof, Template, Url, success
from truthound.errors import ActionError, ConfigError
from truthound.flow import Flow, OverdueError, call, within
from truthound.message import Message, fitted
from truthound.models import Mistakes
from truthound.results import ActionResult, CheckpointResult
from truthound.text import plural
from truthound.wire import Dispatch, UnansweredError, UnreachableError, silent, trusted

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

T = TypeVar("T")
SENDGRID = "https://api.sendgrid.com/v3/mail/send"
_LONGEST = 90_000  # bytes of a part: mail programs cut what is longer
_MOST = {"ses": ("SES", 50), "sendgrid": ("SendGrid", 1000)}
_MISSING = "the package boto3 is not installed; install it with: pip install 'truthound[ses]'"
_THROTTLED = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling", "LimitExceededException",
                        "ServiceUnavailable"})  # fmt: skip
_IMPLICIT_TLS = 465
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def _addresses(told: Any) -> Any:
    return tuple(mail.listed(told)) if isinstance(told, str | list | tuple) else told


def _checked(told: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_one, told))


def _one(told: str) -> str:
    return told if "${" in told and told.isprintable() else mail.address(told)


Addresses = Annotated[tuple[str, ...], BeforeValidator(_addresses), AfterValidator(_checked)]


class EmailNotification(Channel):
    """Sends an e-mail to several people, with a plain and an HTML part."""

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
    proof: ClassVar[Proof] = Proof(frozenset({202}))

    to_addresses: Addresses | None = None
    """Whom it is for: a list, or a text with commas; EMAIL_TO, if not given."""
    from_address: Annotated[str, AfterValidator(_one)] | None = None
    """Who writes; EMAIL_FROM, or the SMTP user where that is an address."""
    cc_addresses: Addresses = ()
    """Who gets a copy."""
    bcc_addresses: Addresses = ()
    """Who gets a copy that nobody sees."""
    reply_to: Addresses = ()
    """Where answers go."""
    provider: Literal["smtp", "sendgrid", "ses"] = "smtp"
    """How it is sent."""
    smtp_host: str | None = None
    """The SMTP server; SMTP_HOST, if not given."""
    smtp_port: int | None = Field(default=None, ge=1, le=65535)
    """Its port; 587 with STARTTLS, 465 with TLS, 25 without."""
    smtp_user: str | None = None
    """The user to log in as; SMTP_USER, if not given. None: no login."""
    smtp_password: SecretStr | None = None
    """Its password; SMTP_PASSWORD, if not given."""
    use_tls: bool = True
    """Whether the connection is made secure with STARTTLS."""
    use_ssl: bool = False
    """Whether it is secure from its start (port 465)."""
    api_key: SecretStr | None = None
    """SendGrid's key; SENDGRID_API_KEY, if not given."""
    api_url: Url | None = None
    """Another address of SendGrid's or SES's API."""
    region: str | None = None
    """The region of SES; the environment's, if not given."""
    subject_template: Template = "[{verdict}] {checkpoint_name}"
    """The subject; may hold {checkpoint_name} and the like."""
    body_template: Template | None = None
    """A plain text of your own in place of ours; may hold {summary} and the like."""
    html_template: Template | None = None
    """An HTML page of your own in place of ours; values in it are escaped."""
    custom_message: Template | None = None
    """A text of yours above the facts."""
    include_html: bool = True
    """Whether there is an HTML part."""
    include_chart: bool = True
    """Whether a chart of the stored earlier runs is in the HTML part."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        given = self.model_fields_set
        other = {"smtp": ("api_key", "region", "api_url"), "sendgrid": ("region",), "ses": ("api_key",)}[self.provider]
        smtp = (
            ()
            if self.provider == "smtp"
            else ("smtp_host", "smtp_port", "smtp_user", "smtp_password", "use_tls", "use_ssl")
        )
        if wrong := [o for o in (*other, *smtp) if o in given]:
            raise ValueError(f"{', '.join(wrong)}: not for the provider {self.provider}")
        if self.smtp_port == _IMPLICIT_TLS and not self.use_ssl:
            why = "a connection to port 465 is encrypted from its start: set use_ssl: true, or smtp_port: 587 for STARTTLS"
            raise Mistakes([("smtp_port", why)])
        if not self.include_html and self.html_template is not None:
            raise ValueError("html_template: there is no HTML part with include_html: false")
        return self

    @property
    def deadline(self) -> float | None:
        return None  # see `_posted`; SendGrid's one request has a limit of its own

    def needed(self) -> Iterable[str]:
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
            who = self._who()
        except ValueError as error:
            yield f"addresses: {error}"
            return
        service, most = _MOST.get(self.provider, ("", sys.maxsize))
        if len(who.everybody) > most:
            yield f"{service} sends to {most:,} addresses at once; there are {len(who.everybody):,}"
        if self.provider == "ses" and importlib.util.find_spec("boto3") is None:
            yield _MISSING
        if self._in_the_clear():
            yield "smtp_password: it would be sent in the clear; set use_tls or use_ssl"

    def flow(self, result: CheckpointResult, run: Run) -> Flow[ActionResult]:
        if problems := list(self.check()):
            raise ConfigError(problems)
        who = self._who()
        about, text, page = self.parts(result, run, (yield from self._history(run)))
        total = plural(len(who.everybody), "recipient")
        if self.provider == "sendgrid":
            body = self.sendgrid(who, about, text, page)
            headers = {"Authorization": f"Bearer {_plain(self.api_key)}"}
            answer = yield from self.post(self.api_url or SENDGRID, body, run=run, headers=headers)
            return success(
                f"sent to {total} through SendGrid", answer, message_id=answer.headers.get("x-message-id", "")
            )
        letter = self._letter(result, run, who, (about, text, page))
        if self.provider == "ses":
            found = yield from self._posted(lambda dispatch: self._by_ses(letter, who, dispatch))
            return success(f"sent to {total} through SES", message_id=found)
        refused = yield from self._posted(lambda dispatch: self._by_smtp(letter, who, dispatch))
        if refused:
            told = "; ".join(f"{a}: {said}" for a, said in refused.items())
            sent = [a for a in who.everybody if a not in refused]
            raise DeniedError(
                f"{self.smtp_host} refused {len(refused)} of {total}: {told}", refused=list(refused), sent=sent
            )
        return success(f"sent to {total} through {self.smtp_host}", message_id=str(letter["Message-ID"]))

    def _posted(self, post: Callable[[Dispatch], T]) -> Flow[T]:
        """What comes of posting the mail; the whole conversation has the time. What is given up before the mail is on
        its way is not sent later by the thread that is left behind.
        """
        dispatch = Dispatch()
        try:
            return (yield from within(call(lambda: post(dispatch)), self.timeout_seconds))
        except OverdueError as error:
            error.uncertain = False
            if dispatch.drop():
                raise
            service = "SES" if self.provider == "ses" else self.smtp_host
        raise self._lost(f"{service} gave no answer to the mail within {self.timeout_seconds:g} s", sent=True)

    def preview(self, result: CheckpointResult, run: Run) -> Iterator[str]:
        if self.provider != "sendgrid":
            who = self._who()
            about, text, page = self.parts(result, run, ())
            letter = self._letter(result, run, who, (about, text, page))
            yield f"by {self.provider} to {', '.join(who.everybody)}\n{mail.shown(letter)}"

    def _letter(
        self, result: CheckpointResult, run: Run, who: mail.Addresses, parts: tuple[str, str, str | None]
    ) -> EmailMessage:
        """Of one id in all attempts of a run: what was taken just before the connection was lost is sent twice."""
        name = f"{result.checkpoint_name}:{self.name}:{result.run_time.isoformat()}"  # ids of runs may come again
        return mail.mime(who, *parts, run_id=result.run_id, sender=name, moment=run.clock())

    # --- what is sent ---------------------------------------------------------------------------------------------

    def parts(
        self, result: CheckpointResult, run: Run, history: Iterable[CheckpointResult]
    ) -> tuple[str, str, str | None]:
        """The subject, the plain part and the HTML part."""
        message = self.message(result, run, self.custom_message or "")
        known = messages.values(result, message)
        about = mail.subject(templates.render(self.subject_template, known))
        runs = [*history, result]

        def plain(one: Message) -> str:
            if self.body_template is None:
                return mail.plain(one)
            return templates.render(self.body_template, messages.values(result, one))

        def page(one: Message) -> str:
            if self.html_template is not None:
                return templates.render(self.html_template, messages.values(result, one), html.escape)
            if self.body_template is not None:
                return f'<!DOCTYPE html><html lang="en"><body><pre style="white-space:pre-wrap">{html.escape(plain(one))}</pre></body></html>'
            return mail.html(one, runs if self.include_chart else ())

        text = fitted(message, plain, _fits)
        return about, text, fitted(message, page, _fits) if self.include_html else None

    def sendgrid(self, who: mail.Addresses, about: str, text: str, page: str | None) -> dict[str, Any]:
        """The body of SendGrid's API; an address may be in it once."""
        seen: set[str] = set()

        def each(told: Iterable[str]) -> list[dict[str, str]]:
            out = []
            for name, bare in getaddresses(list(told)):
                if bare.lower() not in seen:
                    seen.add(bare.lower())
                    out.append({"email": bare} | ({"name": name} if name else {}))
            return out

        groups = {"to": each(who.to), "cc": each(who.copy), "bcc": each(who.hidden)}
        (sender,) = [{"email": a} | ({"name": n} if n else {}) for n, a in getaddresses([who.sender])]
        reply = [{"email": a} | ({"name": n} if n else {}) for n, a in getaddresses(list(who.reply))]
        content = [{"type": "text/plain", "value": mail.sound(text)}]
        content += [{"type": "text/html", "value": mail.sound(page)}] if page else []
        body: dict[str, Any] = {"personalizations": [{k: v for k, v in groups.items() if v}], "from": sender}
        body |= {"reply_to_list": reply} if reply else {}
        return body | {"subject": about, "content": content}

    def _who(self) -> mail.Addresses:
        """Whom it is for; what the environment gave is looked at only here."""
        to = _checked(tuple(mail.listed(self.to_addresses or ())))
        sender = mail.address(self.from_address or self.smtp_user or "")
        others = (tuple(map(mail.address, told)) for told in (self.cc_addresses, self.bcc_addresses, self.reply_to))
        return mail.Addresses(sender, to, *others)

    def _history(self, run: Run) -> Flow[tuple[CheckpointResult, ...]]:
        if not (self.include_html and self.include_chart):
            return ()
        return (yield from look_back(run))

    # --- by SMTP --------------------------------------------------------------------------------------------------

    def _in_the_clear(self) -> bool:
        secure = self.use_tls or self.use_ssl
        return self.provider == "smtp" and bool(self.smtp_password) and not secure and self.smtp_host not in _LOCAL

    def _by_smtp(self, letter: EmailMessage, who: mail.Addresses, dispatch: Dispatch) -> dict[str, str]:
        """The addresses that were refused while others were not; raises where none was taken."""
        host, port = self.smtp_host or "", self.smtp_port or (465 if self.use_ssl else 587 if self.use_tls else 25)
        where = f"{host}:{port}"
        seconds = 0.9 * (self.timeout_seconds or 3600.0)  # a server that is silent is tried again; see `deadline`
        try:
            context = trusted()
            with closing(
                _SecureConversation(dispatch, host, port, timeout=seconds, context=context)
                if self.use_ssl
                else _Conversation(dispatch, host, port, timeout=seconds)
            ) as server:
                if self.use_tls and not self.use_ssl:
                    server.starttls(context=context)
                if self.smtp_user:
                    server.login(self.smtp_user, _plain(self.smtp_password))
                sender = getaddresses([who.sender])[0][1]
                refused = server.send_message(letter, sender, who.everybody)
                with suppress(OSError, smtplib.SMTPException):  # the mail is taken, whatever the goodbye is like
                    server.quit()
        except ssl.SSLCertVerificationError as error:
            raise DeniedError(
                f"the certificate of {where} is not trusted ({error.verify_message}); give a private authority's in SSL_CERT_FILE"
            ) from None
        except ssl.SSLError as error:
            hint = (
                f"; is {port} the port for TLS from the start? use_ssl: false is for STARTTLS" if self.use_ssl else ""
            )
            raise DeniedError(f"no TLS with {where}: {self.quoted(str(error), 200)}{hint}") from None
        except smtplib.SMTPAuthenticationError as error:
            raise self._refused(
                f"{where} does not accept the user and password", error.smtp_code, error.smtp_error
            ) from None
        except smtplib.SMTPRecipientsRefused as error:
            told = "; ".join(f"{a}: {code} {self._said(said)}" for a, (code, said) in error.recipients.items())
            codes = {code for code, _ in error.recipients.values()}
            kind = RefusedError if all(400 <= c < 500 for c in codes) else DeniedError
            raise kind(f"{where} refused every address: {told}", refused=list(error.recipients)) from None
        except smtplib.SMTPNotSupportedError as error:
            raise DeniedError(f"{where}: {error}; use_tls: false is for servers without STARTTLS") from None
        except smtplib.SMTPServerDisconnected as error:
            raise self._lost(f"{where} hung up: {error}", sent=dispatch.begun) from None
        except smtplib.SMTPResponseException as error:
            if dispatch.begun and not 400 <= error.smtp_code < 600:  # no answer of SMTP's, after the mail
                raise self._lost(f"{where}: {error.smtp_code} {self._said(error.smtp_error)}", sent=True) from None
            raise self._refused(f"{where} refused the mail", error.smtp_code, error.smtp_error) from None
        except (OSError, smtplib.SMTPException) as error:
            why = self.quoted(str(error), 200) or type(error).__name__
            what = "gave no answer to the mail" if dispatch.begun else "could not be reached"
            raise self._lost(f"{where} {what}: {why}", sent=dispatch.begun) from None
        return {a: f"{code} {self._said(said)}" for a, (code, said) in refused.items()}

    def _lost(self, said: str, *, sent: bool) -> ActionError:
        """The error of a conversation that broke off. A mail that was sent may have been taken."""
        if sent and not self.at_least_once:
            return UnansweredError(said)
        error = UnreachableError(said)
        error.uncertain = sent
        return error

    def _refused(self, line: str, code: int, said: bytes | str) -> RefusedError | DeniedError:
        """SMTP's codes from 400 may pass, those from 500 do not."""
        kind = RefusedError if 400 <= code < 500 else DeniedError
        return kind(f"{line}: {code} {self._said(said)}", status_code=code)

    def _said(self, told: bytes | str) -> str:
        text = told.decode(errors="replace") if isinstance(told, bytes) else str(told)
        return self.quoted(" ".join(text.split()), 200)

    # --- by SES ---------------------------------------------------------------------------------------------------

    def _by_ses(self, letter: EmailMessage, who: mail.Addresses, dispatch: Dispatch) -> str:
        try:
            import boto3
            import botocore.exceptions as e
            from botocore.config import Config
        except ImportError:
            raise ConfigError(_MISSING) from None
        seconds = self.timeout_seconds
        authorities = None if os.environ.get("AWS_CA_BUNDLE") else os.environ.get("SSL_CERT_FILE") or None
        config = Config(connect_timeout=seconds, read_timeout=seconds, retries={"total_max_attempts": 1})
        try:
            client = boto3.Session().client(
                "sesv2", region_name=self.region, endpoint_url=self.api_url, config=config, verify=authorities
            )
            client.meta.events.register("before-send.sesv2.SendEmail", lambda **_: dispatch.begin())
            groups = {"ToAddresses": who.to, "CcAddresses": who.copy, "BccAddresses": who.hidden}
            with silent("botocore", "boto3", "urllib3"):
                made = client.send_email(
                    FromEmailAddress=who.sender,
                    Destination={k: list(v) for k, v in groups.items() if v},
                    Content={"Raw": {"Data": letter.as_bytes()}},
                )
        except e.ClientError as error:
            found = error.response.get("Error", {})
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            said = f"SES: {found.get('Code')}: {found.get('Message')}"
            if found.get("Code") in _THROTTLED or status in NOT_TAKEN:
                raise RefusedError(said, status_code=status) from None
            if status >= 500:
                raise self._lost(f"{said} ({status})", sent=True) from None
            raise DeniedError(said, status_code=status) from None
        except e.SSLError as error:
            why = self.quoted(str(error), 200)
            raise DeniedError(
                f"the certificate of SES is not trusted ({why}); give a private authority's in SSL_CERT_FILE"
            ) from None
        except e.ProxyConnectionError as error:
            why = self.quoted(str(error), 200)
            raise UnreachableError(f"the proxy for SES could not be reached: {why}") from None
        except (e.HTTPClientError, e.ConnectionError) as error:
            sent = not isinstance(error, e.EndpointConnectionError | e.ConnectTimeoutError)
            what = "gave no answer to the mail" if sent else "could not be reached"
            raise self._lost(f"SES {what}: {self.quoted(str(error), 200)}", sent=sent) from None
        except e.BotoCoreError as error:
            raise DeniedError(
                f"SES: {self.quoted(str(error), 300)}; give credentials and a region as AWS's tools take them"
            ) from None
        if not made.get("MessageId"):
            raise self._lost("SES answered without the id of a message", sent=True)
        return str(made["MessageId"])


class _Conversation(smtplib.SMTP):
    """A conversation that tells when the mail itself is on its way: all else is sent as text."""

    def __init__(self, dispatch: Dispatch, *args: Any, **options: Any) -> None:
        self._dispatch = dispatch
        super().__init__(*args, **options)

    def send(self, s: Buffer | str) -> None:
        if not isinstance(s, str):
            self._dispatch.begin()
        super().send(s)


class _SecureConversation(_Conversation, smtplib.SMTP_SSL):
    """The same with TLS from its start."""


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _fits(text: str) -> bool:
    return len(text.encode("utf-8", "replace")) <= _LONGEST
