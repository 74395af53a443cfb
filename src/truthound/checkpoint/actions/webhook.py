"""Any HTTP endpoint, with the result as JSON or a body that the user writes."""

from __future__ import annotations

from typing import Any, ClassVar

from truthound._internal.text import to_json_value
from truthound.checkpoint.actions.endpoint import Endpoint
from truthound.io.request import encode_json
from truthound.reporters import message as messages
from truthound.reporters.message import Message, fit_to_limits
from truthound.results import CheckpointResult

MAX_BYTES = 256 * 1024
"""bytes of a summary: what the usual receivers (serverless functions, queues) take"""


class WebhookAction(Endpoint):
    """Sends a run's result to an HTTP endpoint, as JSON of a fixed form or in a form that the user writes."""

    type: ClassVar[str] = "webhook"
    key_header: ClassVar[str] = "idempotency-key"

    at_least_once: bool = False
    """Whether a request that may have been delivered (no response, or another 5xx) is sent again: for an endpoint that
    recognizes repeated requests by their `Idempotency-Key` (or `webhook-id`)."""
    include_full_result: bool = False
    """Whether the body is the whole result, as it is stored. It contains failing rows unless include_examples is false."""

    def default_body(self, result: CheckpointResult, message: Message) -> bytes:
        """The whole result, or a summary of at most `MAX_BYTES`."""
        if self.include_full_result:
            with_rows = self.include_examples or "include_examples" not in self.model_fields_set
            return encode_json(result.to_dict() if with_rows else _without_rows(result.to_dict()))
        body = fit_to_limits(message, lambda m: encode_json(_summary(result, m)), lambda b: len(b) <= MAX_BYTES)
        return body if len(body) <= MAX_BYTES else encode_json(_summary(result, message) | {"metadata": {}})


def _summary(result: CheckpointResult, message: Message) -> dict[str, Any]:
    """The result under the names that templates use."""
    metadata = {k: v for k, v in to_json_value(result.metadata).items() if k != "tags"}
    values = messages.template_values(result, message)
    return values | {"omitted_issues": message.omitted, "fixed": list(message.fixed), "metadata": metadata}


def _without_rows(document: dict[str, Any]) -> dict[str, Any]:
    """A stored result without values of the data."""
    for outcome in (document["validation_result"] or {}).get("outcomes", ()):
        outcome |= {"examples": [], "top_values": []}
    return document
