"""Slack, through an incoming webhook. Limits: https://docs.slack.dev/reference/block-kit/blocks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from truthound._internal.options import Converted, option
from truthound._internal.text import clip, shorten
from truthound._internal.text import slack as escape
from truthound.checkpoint.actions import mentions
from truthound.checkpoint.actions.base import ActionContext
from truthound.checkpoint.actions.channel import (
    Channel,
    ResponseCheck,
    SecretUrl,
    Template,
    encoded,
    success,
    summarize_sent,
)
from truthound.errors import ConfigError
from truthound.io import http_client
from truthound.io.flow import Flow
from truthound.reporters.message import Finding, Message, fit_to_limits
from truthound.results import ActionResult, CheckpointResult, CheckpointStatus

_BLOCKS, _ALL, _SECTION, _HEADER, _CONTEXT, _NAME = 50, 12_000, 3000, 150, 2000, 80
_BYTES = 16_000  # of the whole body: Slack names no limit, and what has many emoji is measured by some other count
_MARKS = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "🔵", "error": "⚠️"}
_SIGNS = {"success": "✅", "warning": "🟡", "failure": "❌", "error": "⚠️"}
_GROUPS = {"@here": "<!here>", "@channel": "<!channel>", "@everyone": "<!everyone>"}
_MENTION = re.compile(r"<(@[UW][A-Z0-9]{1,20}|!(here|channel|everyone)|!subteam\^S[A-Z0-9]{1,20})>")


def _mention(told: str) -> str:
    """A mention as Slack writes it."""
    bare = told.strip()
    if bare in _GROUPS:
        return _GROUPS[bare]
    if re.fullmatch(r"@?[UW][A-Z0-9]{4,20}", bare):
        return f"<@{bare.removeprefix('@')}>"
    if re.fullmatch(r"S[A-Z0-9]{4,20}", bare):
        return f"<!subteam^{bare}>"
    if _MENTION.fullmatch(bare):
        return bare
    raise ConfigError(
        f'"{shorten(told, 100)}" mentions nobody in Slack: give a member id (U12345), a group id (S12345), @here or @channel'
    )


class SlackNotification(Channel):
    """Sends a message to Slack, one a run."""

    type: ClassVar[str] = "slack"
    service: ClassVar[str] = "Slack"
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {"webhook_url": ("SLACK_WEBHOOK_URL", "SLACK_WEBHOOK")}
    hints: ClassVar[Mapping[int, str]] = {
        403: "the workspace does not allow this webhook to post",
        404: "the webhook does not exist (any more): make a new one",
        410: "its channel is archived",
    }
    proof: ClassVar[ResponseCheck] = ResponseCheck(body="ok")

    webhook_url: SecretUrl = option(default=None)
    """The incoming webhook; SLACK_WEBHOOK_URL or SLACK_WEBHOOK, if not given."""
    channel: Annotated[str | None, Field(max_length=_NAME)] = None
    """The channel to post to. Webhooks of Slack apps post to their own channel and pass over this."""
    username: Annotated[str | None, Field(max_length=_NAME)] = None
    """The name it posts under, with the same limit."""
    icon_emoji: Annotated[str | None, Field(max_length=_NAME)] = None
    """Its icon, such as `:mag:`, with the same limit."""
    mention_on_failure: Converted[
        Annotated[tuple[str, ...], Field(max_length=mentions.MOST), AfterValidator(mentions.readable(_mention))],
        list[str] | tuple[str, ...],
    ] = option(default=())
    """Whom to mention when the run failed or could not be made: member ids (U12345), group ids (S12345), @here, @channel."""
    include_details: bool = True
    """Whether the issues are listed."""
    custom_message: Template | None = None
    """A text of yours above the facts; may hold {checkpoint_name} and the like, and Slack's formatting."""

    def check(self) -> Iterator[str]:
        yield from super().check()
        yield from mentions.problems("mention_on_failure", self.mention_on_failure, _mention)

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        message = self.message(result, run, self.custom_message or "", escape)
        answer = yield from self.post(self.webhook_url or "", self.payload(message), run=run)
        said, details = mentions.describe_skipped_mentions(self._mentioned(message.status)[1])
        return success(f"posted to Slack: {summarize_sent(message)}{said}", answer, **details)

    def payload(self, message: Message) -> dict[str, Any]:
        """The webhook's body, within Slack's limits."""
        return fit_to_limits(message, self._render, _fits)

    def _mentioned(self, status: CheckpointStatus) -> tuple[list[str], list[str]]:
        """Whom the message mentions, and who cannot be mentioned."""
        if status not in (CheckpointStatus.FAILURE, CheckpointStatus.ERROR):
            return [], []
        return mentions.chosen(self.mention_on_failure, _mention, lambda some: len(" ".join(some)) <= _SECTION // 2)

    def _render(self, message: Message) -> dict[str, Any]:
        headline = message.bounded_headline(escape, _HEADER, _SIGNS[message.status.value])
        intro = "\n".join(filter(None, (" ".join(self._mentioned(message.status)[0]), message.note)))
        blocks: list[dict[str, Any]] = [{"type": "header", "text": {"type": "plain_text", "text": headline}}]
        blocks += [_section(clip(intro, _SECTION))] if intro.strip() else []
        blocks += [_section(clip(f"*Error:* {escape(message.error)}", _SECTION))] if message.error else []
        blocks += [_section(text) for text in _packed(self._listed(message))] if self.include_details else []
        facts = "  ·  ".join(f"*{escape(name)}:* {escape(said)}" for name, said in message.facts)
        blocks.append({"type": "context", "elements": [_text(facts)]})
        if message.link and not http_client.check_url(
            message.link
        ):  # Slack refuses a whole message for a link that is none
            button = {"type": "button", "text": {"type": "plain_text", "text": "Open the report"}, "url": message.link}
            blocks.append({"type": "actions", "elements": [button]})
        own = {"channel": self.channel, "username": self.username, "icon_emoji": self.icon_emoji}
        return {"text": headline, "blocks": blocks} | {k: clip(v, _NAME) for k, v in own.items() if v}

    def _listed(self, message: Message) -> Iterator[str]:
        yield from (_finding(f) for f in message.findings)
        if message.omitted_line:
            yield f"_{message.omitted_line}_"
        yield from (f"✅ fixed: {escape(f)}" for f in message.fixed)
        yield from (f"⚠️ not delivered: {escape(u)}" for u in message.undelivered)


def _finding(finding: Finding) -> str:
    parts = [f"{_MARKS.get(finding.severity, '•')} *{escape(finding.subject)}*", escape(finding.expected)]
    parts += [f"*{escape(finding.amount)}*"] if finding.amount else []
    parts += [f"_{escape(finding.change)}_"] if finding.change else []
    return "\n".join(["  ".join(parts), *(f"      {escape(e)}" for e in finding.examples)])


def _packed(lines: Iterator[str]) -> Iterator[str]:
    """Lines put together into texts that a section can hold."""
    text = ""
    for line in lines:
        if text and len(text) + 1 + len(line) > _SECTION:
            yield text
            text = ""
        text = f"{text}\n{line}" if text else line
    if text:
        yield text


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _text(text)}


def _text(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}  # verbatim: no link or mention is made of plain text


def _fits(payload: dict[str, Any]) -> bool:
    blocks = payload["blocks"]
    texts = [b["text"]["text"] for b in blocks if b["type"] == "section"]
    context = [e["text"] for b in blocks if b["type"] == "context" for e in b["elements"]]
    return (
        len(encoded(payload)) <= _BYTES
        and len(blocks) <= _BLOCKS
        and len(json.dumps(blocks, ensure_ascii=False)) <= _ALL
        and all(len(t) <= _SECTION for t in texts)
        and all(len(t) <= _CONTEXT for t in context)
    )
