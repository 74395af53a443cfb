"""E-mail through Amazon SES (API v2). An e-mail that may have been accepted is not sent again."""

from __future__ import annotations

import os
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from truthound.checkpoint.actions.email_message import Addresses
from truthound.checkpoint.actions.email_transport import Transport
from truthound.checkpoint.actions.response import NOT_ACCEPTED
from truthound.errors import ActionError, ConfigError, PermanentDeliveryError, TransientDeliveryError, UnreachableError
from truthound.io.http_client import Dispatch, suppressed_logs

MISSING = "the package boto3 is not installed; install it with: pip install 'truthound[ses]'"
_THROTTLED = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling", "LimitExceededException",
                        "ServiceUnavailable"})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Ses(Transport):
    """The API of Amazon SES in a region. Credentials come from AWS's usual sources."""

    region: str | None
    api_url: str | None

    def send(self, mail: EmailMessage, addresses: Addresses, dispatch: Dispatch) -> str:
        """Sends the e-mail and returns its id; raises where it was not accepted."""
        try:
            from botocore.exceptions import BotoCoreError, ClientError
        except ImportError:
            raise ConfigError(MISSING) from None
        groups = {"ToAddresses": addresses.to, "CcAddresses": addresses.cc, "BccAddresses": addresses.bcc}
        try:
            client = self._client(dispatch)
            with suppressed_logs("botocore", "boto3", "urllib3"):
                response = client.send_email(
                    FromEmailAddress=addresses.sender,
                    Destination={name: list(group) for name, group in groups.items() if group},
                    Content={"Raw": {"Data": mail.as_bytes()}},
                )
        except ClientError as error:
            raise self._refusal(error.response) from None
        except BotoCoreError as error:
            raise self._connection_error(error) from None
        if not response.get("MessageId"):
            raise self.connection_lost("SES answered without the id of a message", sent=True)
        return str(response["MessageId"])

    def _client(self, dispatch: Dispatch) -> Any:
        import boto3
        from botocore.config import Config

        authorities = None if os.environ.get("AWS_CA_BUNDLE") else os.environ.get("SSL_CERT_FILE") or None
        config = Config(connect_timeout=self.timeout, read_timeout=self.timeout, retries={"total_max_attempts": 1})
        client = boto3.Session().client(
            "sesv2", region_name=self.region, endpoint_url=self.api_url, config=config, verify=authorities
        )
        client.meta.events.register("before-send.sesv2.SendEmail", lambda **_: dispatch.begin())
        return client

    def _refusal(self, response: Any) -> ActionError:
        error = response.get("Error", {})
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        message = f"SES: {error.get('Code')}: {error.get('Message')}"
        if error.get("Code") in _THROTTLED or status in NOT_ACCEPTED:
            return TransientDeliveryError(message, status_code=status)
        if status >= 500:
            return self.connection_lost(f"{message} ({status})", sent=True)
        return PermanentDeliveryError(message, status_code=status)

    def _connection_error(self, error: Exception) -> ActionError:
        import botocore.exceptions as e

        why = self.redact(str(error), 200)
        match error:
            case e.SSLError():
                return PermanentDeliveryError(
                    f"the certificate of SES is not trusted ({why}); give a private authority's in SSL_CERT_FILE"
                )
            case e.ProxyConnectionError():
                return UnreachableError(f"the proxy for SES could not be reached: {why}")
            case e.HTTPClientError() | e.ConnectionError():
                sent = not isinstance(error, e.EndpointConnectionError | e.ConnectTimeoutError)
                what = "gave no answer to the mail" if sent else "could not be reached"
                return self.connection_lost(f"SES {what}: {why}", sent=sent)
            case _:
                return PermanentDeliveryError(
                    f"SES: {self.redact(str(error), 300)}; give credentials and a region as AWS's tools take them"
                )
