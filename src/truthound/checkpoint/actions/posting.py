"""A mail on its way: through an SMTP server, or Amazon SES (API v2). What may have been taken is not sent again."""

from __future__ import annotations

import os
import smtplib
import ssl
from contextlib import closing, suppress
from email.message import EmailMessage
from email.utils import getaddresses
from typing import TYPE_CHECKING, Any

from truthound.checkpoint.actions.channel import NOT_TAKEN
from truthound.errors import (
    ActionError,
    ConfigError,
    PermanentDeliveryError,
    TransientDeliveryError,
    UnansweredError,
    UnreachableError,
)
from truthound.io.http_client import Dispatch, silent, trusted
from truthound.reporters import email_page

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

    from truthound.checkpoint.actions.email import EmailNotification

MISSING = "the package boto3 is not installed; install it with: pip install 'truthound[ses]'"
_THROTTLED = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling", "LimitExceededException",
                        "ServiceUnavailable"})  # fmt: skip


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


def by_smtp(
    action: EmailNotification, letter: EmailMessage, who: email_page.Addresses, dispatch: Dispatch
) -> dict[str, str]:
    """The addresses that were refused while others were not; raises where none was taken."""
    host, port = action.smtp_host or "", action.smtp_port or (465 if action.use_ssl else 587 if action.use_tls else 25)
    where = f"{host}:{port}"
    seconds = 0.9 * (
        action.timeout_seconds or 3600.0
    )  # a server that is silent is told as such; `_posted` ends the whole
    try:
        context = trusted()
        with closing(
            _SecureConversation(dispatch, host, port, timeout=seconds, context=context)
            if action.use_ssl
            else _Conversation(dispatch, host, port, timeout=seconds)
        ) as server:
            if action.use_tls and not action.use_ssl:
                server.starttls(context=context)
            if action.smtp_user:
                server.login(action.smtp_user, action.smtp_password.get_secret_value() if action.smtp_password else "")
            sender = getaddresses([who.sender])[0][1]
            refused = server.send_message(letter, sender, who.everybody)
            with suppress(OSError, smtplib.SMTPException):  # the mail is taken, whatever the goodbye is like
                server.quit()
    except ssl.SSLCertVerificationError as error:
        raise PermanentDeliveryError(
            f"the certificate of {where} is not trusted ({error.verify_message}); give a private authority's in SSL_CERT_FILE"
        ) from None
    except ssl.SSLError as error:
        why = action.redact_and_truncate(str(error), 200)
        if action.use_ssl and error.reason == "WRONG_VERSION_NUMBER":
            hint = f"is {port} the port for TLS from the start? use_ssl: false is for STARTTLS"
            raise PermanentDeliveryError(f"no TLS with {where}: {why}; {hint}") from None
        raise lost(action, f"no TLS with {where}: {why}", sent=dispatch.begun) from None
    except smtplib.SMTPAuthenticationError as error:
        raise _refused(
            action, f"{where} does not accept the user and password", error.smtp_code, error.smtp_error
        ) from None
    except smtplib.SMTPRecipientsRefused as error:
        told = "; ".join(f"{a}: {code} {_said(action, said)}" for a, (code, said) in error.recipients.items())
        codes = {code for code, _ in error.recipients.values()}
        kind = TransientDeliveryError if all(400 <= c < 500 for c in codes) else PermanentDeliveryError
        raise kind(f"{where} refused every address: {told}", refused=list(error.recipients)) from None
    except smtplib.SMTPNotSupportedError as error:
        raise PermanentDeliveryError(f"{where}: {error}; use_tls: false is for servers without STARTTLS") from None
    except smtplib.SMTPServerDisconnected as error:
        raise lost(action, f"{where} hung up: {error}", sent=dispatch.begun) from None
    except smtplib.SMTPResponseException as error:
        if dispatch.begun and not 400 <= error.smtp_code < 600:  # no answer of SMTP's, after the mail
            raise lost(action, f"{where}: {error.smtp_code} {_said(action, error.smtp_error)}", sent=True) from None
        raise _refused(action, f"{where} refused the mail", error.smtp_code, error.smtp_error) from None
    except (OSError, smtplib.SMTPException) as error:
        why = action.redact_and_truncate(str(error), 200) or type(error).__name__
        what = "gave no answer to the mail" if dispatch.begun else "could not be reached"
        raise lost(action, f"{where} {what}: {why}", sent=dispatch.begun) from None
    return {a: f"{code} {_said(action, said)}" for a, (code, said) in refused.items()}


def lost(action: EmailNotification, said: str, *, sent: bool) -> ActionError:
    """The error of a conversation that broke off. A mail that was sent may have been taken."""
    if sent and not action.at_least_once:
        return UnansweredError(said)
    error = UnreachableError(said)
    error.uncertain = sent
    return error


def _refused(
    action: EmailNotification, line: str, code: int, said: bytes | str
) -> TransientDeliveryError | PermanentDeliveryError:
    """SMTP's codes from 400 may pass, those from 500 do not."""
    kind = TransientDeliveryError if 400 <= code < 500 else PermanentDeliveryError
    return kind(f"{line}: {code} {_said(action, said)}", status_code=code)


def _said(action: EmailNotification, told: bytes | str) -> str:
    text = told.decode(errors="replace") if isinstance(told, bytes) else str(told)
    return action.redact_and_truncate(" ".join(text.split()), 200)


def by_ses(action: EmailNotification, letter: EmailMessage, who: email_page.Addresses, dispatch: Dispatch) -> str:
    """The id that SES gave the mail; raises where it was not taken."""
    try:
        import boto3
        import botocore.exceptions as e
        from botocore.config import Config
    except ImportError:
        raise ConfigError(MISSING) from None
    seconds = action.timeout_seconds
    authorities = None if os.environ.get("AWS_CA_BUNDLE") else os.environ.get("SSL_CERT_FILE") or None
    config = Config(connect_timeout=seconds, read_timeout=seconds, retries={"total_max_attempts": 1})
    try:
        client = boto3.Session().client(
            "sesv2", region_name=action.region, endpoint_url=action.api_url, config=config, verify=authorities
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
            raise TransientDeliveryError(said, status_code=status) from None
        if status >= 500:
            raise lost(action, f"{said} ({status})", sent=True) from None
        raise PermanentDeliveryError(said, status_code=status) from None
    except e.SSLError as error:
        why = action.redact_and_truncate(str(error), 200)
        raise PermanentDeliveryError(
            f"the certificate of SES is not trusted ({why}); give a private authority's in SSL_CERT_FILE"
        ) from None
    except e.ProxyConnectionError as error:
        why = action.redact_and_truncate(str(error), 200)
        raise UnreachableError(f"the proxy for SES could not be reached: {why}") from None
    except (e.HTTPClientError, e.ConnectionError) as error:
        sent = not isinstance(error, e.EndpointConnectionError | e.ConnectTimeoutError)
        what = "gave no answer to the mail" if sent else "could not be reached"
        raise lost(action, f"SES {what}: {action.redact_and_truncate(str(error), 200)}", sent=sent) from None
    except e.BotoCoreError as error:
        raise PermanentDeliveryError(
            f"SES: {action.redact_and_truncate(str(error), 300)}; give credentials and a region as AWS's tools take them"
        ) from None
    if not made.get("MessageId"):
        raise lost(action, "SES answered without the id of a message", sent=True)
    return str(made["MessageId"])
