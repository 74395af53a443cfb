"""E-mail, through SMTP, SendGrid (https://docs.sendgrid.com/api-reference/mail-send) or Amazon SES (API v2)."""

from __future__ import annotations

import html
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from truthound._internal import templates
from truthound._internal.options import Converted, Secret, option
from truthound._internal.text import plural
from truthound.checkpoint.actions import posting
from truthound.checkpoint.actions.channel import Channel, ResponseCheck, Template, Url, success
from truthound.checkpoint.actions.context import ActionContext, look_back
from truthound.errors import ConfigError, OptionErrors, PermanentDeliveryError, TimeLimitError
from truthound.io.flow import Flow, call, within
from truthound.io.http_client import Dispatch
from truthound.reporters import email_page
from truthound.reporters import message as messages
from truthound.reporters.message import Message, fit_to_limits
from truthound.results import ActionResult, CheckpointResult

T = TypeVar("T")
SENDGRID = "https://api.sendgrid.com/v3/mail/send"
_LONGEST = 90_000  # bytes of a part: mail programs cut what is longer
_MOST = {"ses": ("SES", 50), "sendgrid": ("SendGrid", 1000)}
_IMPLICIT_TLS = 465
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def _addresses(told: Any) -> Any:
    return tuple(email_page.listed(told)) if isinstance(told, str | list | tuple) else told


def _checked(told: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_one, told))


def _one(told: str) -> str:
    return told if "${" in told and told.isprintable() else email_page.address(told)


_Addresses = Annotated[tuple[str, ...], BeforeValidator(_addresses), AfterValidator(_checked)]
Addresses = Converted[_Addresses, str | list[str] | tuple[str, ...]]


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
    proof: ClassVar[ResponseCheck] = ResponseCheck(frozenset({202}))

    to_addresses: Converted[_Addresses | None, str | list[str] | tuple[str, ...] | None] = option(default=None)
    """Whom it is for: a list, or a text with commas; EMAIL_TO, if not given."""
    from_address: Annotated[str, AfterValidator(_one)] | None = None
    """Who writes; EMAIL_FROM, or the SMTP user where that is an address."""
    cc_addresses: Addresses = option(default=())
    """Who gets a copy."""
    bcc_addresses: Addresses = option(default=())
    """Who gets a copy that nobody sees."""
    reply_to: Addresses = option(default=())
    """Where answers go."""
    provider: Literal["smtp", "sendgrid", "ses"] = "smtp"
    """How it is sent."""
    smtp_host: str | None = None
    """The SMTP server; SMTP_HOST, if not given."""
    smtp_port: int | None = Field(default=None, ge=1, le=65535)
    """Its port; 587 with STARTTLS, 465 with TLS, 25 without."""
    smtp_user: str | None = None
    """The user to log in as; SMTP_USER, if not given. None: no login."""
    smtp_password: Secret = option(default=None)
    """Its password; SMTP_PASSWORD, if not given."""
    use_tls: bool = True
    """Whether the connection is made secure with STARTTLS."""
    use_ssl: bool = False
    """Whether it is secure from its start (port 465)."""
    api_key: Secret = option(default=None)
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
            raise OptionErrors([("smtp_port", why)])
        if not self.include_html and self.html_template is not None:
            raise ValueError("html_template: there is no HTML part with include_html: false")
        return self

    @property
    def deadline(self) -> float | None:
        return None  # see `_posted`; SendGrid's one request has a limit of its own

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
            who = self._who()
        except ValueError as error:
            yield f"addresses: {error}"
            return
        service, most = _MOST.get(self.provider, ("", sys.maxsize))
        if len(who.everybody) > most:
            yield f"{service} sends to {most:,} addresses at once; there are {len(who.everybody):,}"
        if self.provider == "ses" and importlib.util.find_spec("boto3") is None:
            yield posting.MISSING
        if self._in_the_clear():
            yield "smtp_password: it would be sent in the clear; set use_tls or use_ssl"

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
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
            found = yield from self._posted(lambda dispatch: posting.by_ses(self, letter, who, dispatch))
            return success(f"sent to {total} through SES", message_id=found)
        refused = yield from self._posted(lambda dispatch: posting.by_smtp(self, letter, who, dispatch))
        if refused:
            told = "; ".join(f"{a}: {said}" for a, said in refused.items())
            sent = [a for a in who.everybody if a not in refused]
            raise PermanentDeliveryError(
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
        except TimeLimitError as error:
            error.uncertain = False
            if dispatch.drop():
                raise
            service = "SES" if self.provider == "ses" else self.smtp_host
        raise posting.lost(self, f"{service} gave no answer to the mail within {self.timeout_seconds:g} s", sent=True)

    def preview(self, result: CheckpointResult, run: ActionContext) -> Iterator[str]:
        if self.provider != "sendgrid":
            who = self._who()
            about, text, page = self.parts(result, run, ())
            letter = self._letter(result, run, who, (about, text, page))
            yield f"by {self.provider} to {', '.join(who.everybody)}\n{email_page.shown(letter)}"

    def _letter(
        self,
        result: CheckpointResult,
        run: ActionContext,
        who: email_page.Addresses,
        parts: tuple[str, str, str | None],
    ) -> EmailMessage:
        """Of one id in all attempts of a run: what was taken just before the connection was lost is sent twice."""
        name = f"{result.checkpoint_name}:{self.name}:{result.run_time.isoformat()}"  # ids of runs may come again
        return email_page.mime(who, *parts, run_id=result.run_id, sender=name, moment=run.clock())

    # --- what is sent ---------------------------------------------------------------------------------------------

    def parts(
        self, result: CheckpointResult, run: ActionContext, history: Iterable[CheckpointResult]
    ) -> tuple[str, str, str | None]:
        """The subject, the plain part and the HTML part."""
        message = self.message(result, run, self.custom_message or "")
        known = messages.template_values(result, message)
        about = email_page.subject(templates.render(self.subject_template, known))
        runs = [*history, result]

        def plain(one: Message) -> str:
            if self.body_template is None:
                return email_page.plain(one)
            return templates.render(self.body_template, messages.template_values(result, one))

        def page(one: Message) -> str:
            if self.html_template is not None:
                return templates.render(self.html_template, messages.template_values(result, one), html.escape)
            if self.body_template is not None:
                return f'<!DOCTYPE html><html lang="en"><body><pre style="white-space:pre-wrap">{html.escape(plain(one))}</pre></body></html>'
            return email_page.html(one, runs if self.include_chart else ())

        text = fit_to_limits(message, plain, _fits)
        return about, text, fit_to_limits(message, page, _fits) if self.include_html else None

    def sendgrid(self, who: email_page.Addresses, about: str, text: str, page: str | None) -> dict[str, Any]:
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
        content = [{"type": "text/plain", "value": email_page.sound(text)}]
        content += [{"type": "text/html", "value": email_page.sound(page)}] if page else []
        body: dict[str, Any] = {"personalizations": [{k: v for k, v in groups.items() if v}], "from": sender}
        body |= {"reply_to_list": reply} if reply else {}
        return body | {"subject": about, "content": content}

    def _who(self) -> email_page.Addresses:
        """Whom it is for; what the environment gave is looked at only here."""
        to = _checked(tuple(email_page.listed(self.to_addresses or ())))
        sender = email_page.address(self.from_address or self.smtp_user or "")
        others = (
            tuple(map(email_page.address, told)) for told in (self.cc_addresses, self.bcc_addresses, self.reply_to)
        )
        return email_page.Addresses(sender, to, *others)

    def _history(self, run: ActionContext) -> Flow[tuple[CheckpointResult, ...]]:
        if not (self.include_html and self.include_chart):
            return ()
        return (yield from look_back(run))

    def _in_the_clear(self) -> bool:
        secure = self.use_tls or self.use_ssl
        return self.provider == "smtp" and bool(self.smtp_password) and not secure and self.smtp_host not in _LOCAL


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _fits(text: str) -> bool:
    return len(text.encode("utf-8", "replace")) <= _LONGEST
