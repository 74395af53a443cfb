"""E-mail through an SMTP server. An e-mail that may have been accepted is not sent again."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import closing, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any, Literal

from truthound.checkpoint.actions.email_transport import Transport
from truthound.errors import ActionError, PermanentDeliveryError, TransientDeliveryError
from truthound.io.http_client import Dispatch, trusted

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

Security = Literal["starttls", "tls", "none"]
_PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 25}


class _Client(smtplib.SMTP):
    """A client that records when the e-mail itself is being sent: only that is sent as bytes."""

    def __init__(self, dispatch: Dispatch, *args: Any, **options: Any) -> None:
        self._dispatch = dispatch
        super().__init__(*args, **options)

    def send(self, s: Buffer | str) -> None:
        if not isinstance(s, str):
            self._dispatch.begin()
        super().send(s)


class _TlsClient(_Client, smtplib.SMTP_SSL):
    """The same with TLS from the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer(Transport):
    """An SMTP server."""

    host: str
    port: int | None
    user: str
    password: str
    security: Security

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port or _PORTS[self.security]}"

    def send(self, mail: EmailMessage, sender: str, recipients: list[str], dispatch: Dispatch) -> dict[str, str]:
        """Sends the e-mail; returns the addresses that were refused and why. Raises where none was accepted."""
        try:
            context = trusted()
            with closing(self._connect(dispatch, context)) as client:
                if self.security == "starttls":
                    client.starttls(context=context)
                if self.user:
                    client.login(self.user, self.password)
                refused = client.send_message(mail, sender, recipients)
                with suppress(
                    OSError, smtplib.SMTPException
                ):  # the e-mail is accepted, even if the connection breaks now
                    client.quit()
        except (OSError, smtplib.SMTPException) as error:
            raise self._delivery_error(error, sent=dispatch.begun) from None
        return {address: f"{code} {self._text(reply)}" for address, (code, reply) in refused.items()}

    def _connect(self, dispatch: Dispatch, context: ssl.SSLContext) -> _Client:
        # slightly shorter than the time limit, so that a server that does not respond is reported as such
        timeout = 0.9 * (self.timeout or 3600.0)
        port = self.port or _PORTS[self.security]
        if self.security == "tls":
            return _TlsClient(dispatch, self.host, port, timeout=timeout, context=context)
        return _Client(dispatch, self.host, port, timeout=timeout)

    def _delivery_error(self, error: Exception, *, sent: bool) -> ActionError:
        match error:
            case ssl.SSLError():
                return self._tls_error(error, sent=sent)
            case smtplib.SMTPAuthenticationError():
                return _refusal(
                    f"{self.address} does not accept the user and password: {error.smtp_code} {self._text(error.smtp_error)}",
                    error.smtp_code,
                )
            case smtplib.SMTPRecipientsRefused():
                return self._all_refused(error)
            case smtplib.SMTPNotSupportedError():
                return PermanentDeliveryError(
                    f"{self.address}: {error}; use_tls: false is for servers without STARTTLS"
                )
            case smtplib.SMTPServerDisconnected():
                return self.connection_lost(f"{self.address} closed the connection: {error}", sent=sent)
            case smtplib.SMTPResponseException():
                reply = f"{error.smtp_code} {self._text(error.smtp_error)}"
                if sent and not 400 <= error.smtp_code < 600:  # not an SMTP reply, after the e-mail was sent
                    return self.connection_lost(f"{self.address}: {reply}", sent=True)
                return _refusal(f"{self.address} refused the mail: {reply}", error.smtp_code)
            case _:
                why = self.redact(str(error), 200) or type(error).__name__
                what = "gave no answer to the mail" if sent else "could not be reached"
                return self.connection_lost(f"{self.address} {what}: {why}", sent=sent)

    def _tls_error(self, error: ssl.SSLError, *, sent: bool) -> ActionError:
        if isinstance(error, ssl.SSLCertVerificationError):
            return PermanentDeliveryError(
                f"the certificate of {self.address} is not trusted ({error.verify_message}); give a private authority's in SSL_CERT_FILE"
            )
        line = f"no TLS with {self.address}: {self.redact(str(error), 200)}"
        if self.security == "tls" and error.reason == "WRONG_VERSION_NUMBER":
            port = self.port or _PORTS["tls"]
            return PermanentDeliveryError(
                f"{line}; is {port} the port for TLS from the start? use_ssl: false is for STARTTLS"
            )
        return self.connection_lost(line, sent=sent)

    def _all_refused(self, error: smtplib.SMTPRecipientsRefused) -> ActionError:
        replies = "; ".join(f"{a}: {code} {self._text(reply)}" for a, (code, reply) in error.recipients.items())
        transient = all(400 <= code < 500 for code, _ in error.recipients.values())
        kind = TransientDeliveryError if transient else PermanentDeliveryError
        return kind(f"{self.address} refused every address: {replies}", refused=list(error.recipients))

    def _text(self, reply: bytes | str) -> str:
        text = reply.decode(errors="replace") if isinstance(reply, bytes) else str(reply)
        return self.redact(" ".join(text.split()), 200)


def _refusal(message: str, code: int) -> ActionError:
    """SMTP's replies 400 to 499 are transient, those from 500 permanent."""
    kind = TransientDeliveryError if 400 <= code < 500 else PermanentDeliveryError
    return kind(message, status_code=code)
