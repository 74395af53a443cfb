"""Chats that take one text by an incoming webhook: each is the webhook with a text of its own.

Limits: https://docs.mattermost.com/ (a post has 16,383 characters), https://developers.google.com/workspace/chat/create-messages
(a message has 32,000 bytes).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar, Self

from truthound._internal.text import mattermost, neutralize_mentions
from truthound.checkpoint.actions.base import ActionContext, NotifyOn
from truthound.checkpoint.actions.channel import ResponseCheck, encoded
from truthound.checkpoint.actions.webhook import Endpoint
from truthound.errors import ConfigError
from truthound.reporters.message import Message, fit_to_limits
from truthound.results import CheckpointResult


class _Chat(Endpoint):
    """A webhook whose body is one text."""

    limit: ClassVar[int]
    """bytes of a body"""

    notify_on: NotifyOn = "failure_or_error"

    def sanitized_for(self, result: CheckpointResult, run: ActionContext) -> tuple[Self, list[str]]:
        made, notes = super().sanitized_for(result, run)
        try:
            made.body(result, made.message(result, run))
        except ConfigError as error:
            made = made.model_copy(update={"payload_template": None})
            notes = [*notes, f"payload_template: {self.redact_and_truncate(str(error), 300)}; our own text was sent"]
        return made, notes

    def ours(self, result: CheckpointResult, message: Message) -> bytes:
        return fit_to_limits(message, lambda m: encoded({"text": self.worded(m)}), lambda b: len(b) <= self.limit)

    def worded(self, message: Message) -> str:
        raise NotImplementedError


class MattermostNotification(_Chat):
    """Sends a message to Mattermost."""

    type: ClassVar[str] = "mattermost"
    service: ClassVar[str] = "Mattermost"
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {"url": ("MATTERMOST_WEBHOOK_URL",)}
    proof: ClassVar[ResponseCheck] = ResponseCheck(body="ok")
    limit: ClassVar[int] = 16_000

    def worded(self, message: Message) -> str:
        return "\n".join(_lines(message, mattermost, "**", "[Open the report]({})"))


class GoogleChatNotification(_Chat):
    """Sends a message to a space of Google Chat."""

    type: ClassVar[str] = "google_chat"
    service: ClassVar[str] = "Google Chat"
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {"url": ("GOOGLE_CHAT_WEBHOOK_URL",)}
    proof: ClassVar[ResponseCheck] = ResponseCheck(has={"name": ...})
    limit: ClassVar[int] = 32_000

    def worded(self, message: Message) -> str:
        return "\n".join(_lines(message, neutralize_mentions, "*", "<{}|Open the report>"))


def _lines(message: Message, escape: Callable[[object], str], bold: str, link: str) -> Iterator[str]:
    yield f"{bold}{escape(message.headline)}{bold}"
    yield from (f"Error: {escape(e)}" for e in [message.error] if e)
    for finding in message.findings:
        yield f"- {bold}{escape(finding.severity)}{bold} {escape(finding.line)}"
        yield from (f"    - {escape(e)}" for e in finding.examples)
    yield from filter(None, [message.omitted_line])
    yield from (f"- fixed: {escape(f)}" for f in message.fixed)
    yield from (f"- not delivered: {escape(u)}" for u in message.undelivered)
    yield ""  # a list ends here
    yield " · ".join(f"{escape(name)}: {escape(said)}" for name, said in message.facts)
    if message.link and not set(message.link) & set("<>|() "):
        yield link.format(message.link)
