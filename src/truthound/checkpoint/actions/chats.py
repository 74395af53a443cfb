"""Chats that take one text through an incoming webhook.

Limits: https://docs.mattermost.com/ (a post has 16,383 characters), https://developers.google.com/workspace/chat/create-messages
(a message has 32,000 bytes).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar, Self

from truthound._internal.escape import escape_mattermost, neutralize_mentions
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.endpoint import Endpoint
from truthound.checkpoint.actions.notify_on import NotifyOn
from truthound.checkpoint.actions.response import ResponseCheck
from truthound.errors import ConfigError
from truthound.io.request import encode_json
from truthound.reporters.message import Message, fit_to_limits
from truthound.results import CheckpointResult


class _Chat(Endpoint):
    """A webhook whose body is one text."""

    max_bytes: ClassVar[int]
    """bytes of a body"""

    notify_on: NotifyOn = "failure_or_error"

    def sanitized_for(self, result: CheckpointResult, run: ActionContext) -> tuple[Self, list[str]]:
        action, notes = super().sanitized_for(result, run)
        try:
            action.body(result, action.message(result, run))
        except ConfigError as error:
            action = action.model_copy(update={"payload_template": None})
            notes = [
                *notes,
                f"payload_template: {self.redact_and_truncate(str(error), 300)}; the default text was sent",
            ]
        return action, notes

    def default_body(self, result: CheckpointResult, message: Message) -> bytes:
        return fit_to_limits(
            message, lambda m: encode_json({"text": "\n".join(self.lines(m))}), lambda body: len(body) <= self.max_bytes
        )

    def lines(self, message: Message) -> Iterator[str]:
        raise NotImplementedError


class MattermostNotification(_Chat):
    """Sends one message a run to Mattermost."""

    type: ClassVar[str] = "mattermost"
    service: ClassVar[str] = "Mattermost"
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {"url": ("MATTERMOST_WEBHOOK_URL",)}
    proof: ClassVar[ResponseCheck] = ResponseCheck(body="ok")
    max_bytes: ClassVar[int] = 16_000

    def lines(self, message: Message) -> Iterator[str]:
        return _lines(message, escape_mattermost, bold="**", link="[Open the report]({})")


class GoogleChatNotification(_Chat):
    """Sends one message a run to a Google Chat space."""

    type: ClassVar[str] = "google_chat"
    service: ClassVar[str] = "Google Chat"
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {"url": ("GOOGLE_CHAT_WEBHOOK_URL",)}
    proof: ClassVar[ResponseCheck] = ResponseCheck(has={"name": ...})
    max_bytes: ClassVar[int] = 32_000

    def lines(self, message: Message) -> Iterator[str]:
        return _lines(message, neutralize_mentions, bold="*", link="<{}|Open the report>")


def _lines(message: Message, escape: Callable[[object], str], *, bold: str, link: str) -> Iterator[str]:
    yield f"{bold}{escape(message.headline)}{bold}"
    if message.error:
        yield f"Error: {escape(message.error)}"
    for finding in message.findings:
        yield f"- {bold}{escape(finding.severity)}{bold} {escape(finding.line)}"
        yield from (f"    - {escape(example)}" for example in finding.examples)
    if message.omitted:
        yield message.omitted_line
    yield from (f"- fixed: {escape(fixed)}" for fixed in message.fixed)
    yield from (f"- not delivered: {escape(undelivered)}" for undelivered in message.undelivered)
    yield ""  # ends the list
    yield " · ".join(f"{escape(name)}: {escape(value)}" for name, value in message.facts)
    if message.link and not set(message.link) & set("<>|() "):
        yield link.format(message.link)
