"""Slack, through an incoming webhook. Limits: https://docs.slack.dev/reference/block-kit/blocks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from truthound._internal.escape import escape_slack as escape
from truthound._internal.options import Converted, option
from truthound._internal.text import shorten, shorten_escaped
from truthound.checkpoint.actions import mentions
from truthound.checkpoint.actions.channel import Channel, success, summarize_sent
from truthound.checkpoint.actions.channel_options import SecretUrl
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.message_template import Template
from truthound.checkpoint.actions.response import ResponseCheck
from truthound.errors import ConfigError
from truthound.io.flow import Flow
from truthound.io.request import encode_json
from truthound.reporters.chat_markup import STATUS_EMOJI, Markup
from truthound.reporters.message import Message, fit_to_limits
from truthound.results import ActionResult, CheckpointResult, CheckpointStatus

_MAX_BLOCKS, _MAX_CHARACTERS = 50, 12_000
_SECTION, _HEADER, _CONTEXT, _NAME = 3000, 150, 2000, 80
_MAX_BYTES = 16_000  # Slack documents no limit in bytes, but refuses bodies with many emoji that are within its others
_MARKUP = Markup(escape, bold="*{}*", italic="_{}_")
_GROUPS = {"@here": "<!here>", "@channel": "<!channel>", "@everyone": "<!everyone>"}
_MENTION = re.compile(r"<(@[UW][A-Z0-9]{1,20}|!(here|channel|everyone)|!subteam\^S[A-Z0-9]{1,20})>")


def _parse_mention(given: str) -> str:
    """A mention in Slack's markup."""
    mention = given.strip()
    if mention in _GROUPS:
        return _GROUPS[mention]
    if re.fullmatch(r"@?[UW][A-Z0-9]{4,20}", mention):
        return f"<@{mention.removeprefix('@')}>"
    if re.fullmatch(r"S[A-Z0-9]{4,20}", mention):
        return f"<!subteam^{mention}>"
    if _MENTION.fullmatch(mention):
        return mention
    raise ConfigError(
        f'"{shorten(given, 100)}" mentions nobody in Slack: give a member id (U12345), a group id (S12345), @here or @channel'
    )


class SlackNotification(Channel):
    """Sends one message a run to Slack."""

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
    """The incoming webhook. Default: SLACK_WEBHOOK_URL or SLACK_WEBHOOK."""
    channel: Annotated[str | None, Field(max_length=_NAME)] = None
    """The channel to post to. Webhooks of Slack apps post to their own channel and ignore this."""
    username: Annotated[str | None, Field(max_length=_NAME)] = None
    """The sender's name. Webhooks of Slack apps ignore it."""
    icon_emoji: Annotated[str | None, Field(max_length=_NAME)] = None
    """The sender's icon, such as `:mag:`. Webhooks of Slack apps ignore it."""
    mention_on_failure: Converted[
        Annotated[
            tuple[str, ...], Field(max_length=mentions.MAX_MENTIONS), AfterValidator(mentions.parseable(_parse_mention))
        ],
        list[str] | tuple[str, ...],
    ] = option(default=())
    """Whom to mention when the run failed or could not run: member ids (U12345), group ids (S12345), @here, @channel."""
    include_details: bool = True
    """Whether the issues are listed."""
    custom_message: Template | None = None
    """A text above the issues; may contain {checkpoint_name} and other placeholders, and Slack's formatting."""

    def check(self) -> Iterator[str]:
        yield from super().check()
        yield from mentions.problems("mention_on_failure", self.mention_on_failure, _parse_mention)

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        message = self.message(result, run, self.custom_message or "", escape)
        response = yield from self.post(self.webhook_url or "", self.payload(message), run=run)
        _, skipped = self._mentions(message.status)
        note, details = mentions.describe_skipped_mentions(skipped)
        return success(f"posted to Slack: {summarize_sent(message)}{note}", response, **details)

    def payload(self, message: Message) -> dict[str, Any]:
        """The webhook's body, within Slack's limits."""
        return fit_to_limits(message, self._render, _fits)

    def _mentions(self, status: CheckpointStatus) -> tuple[list[str], list[str]]:
        """The mentions in the message, and those that are skipped."""
        listed = self.mention_on_failure if status in mentions.FAILED else ()
        return mentions.select(listed, _parse_mention, lambda chosen: len(" ".join(chosen)) <= _SECTION // 2)

    def _render(self, message: Message) -> dict[str, Any]:
        headline = message.bounded_headline(escape, _HEADER, STATUS_EMOJI[message.status])
        intro = "\n".join(filter(None, (" ".join(self._mentions(message.status)[0]), message.note)))
        error = f"*Error:* {escape(message.error)}" if message.error else ""
        issues = _joined(_MARKUP.issues(message)) if self.include_details else ()
        facts = "  ·  ".join(f"*{escape(name)}:* {escape(value)}" for name, value in message.facts)
        blocks: list[dict[str, Any]] = [{"type": "header", "text": {"type": "plain_text", "text": headline}}]
        blocks += [_section(shorten_escaped(text, _SECTION)) for text in (intro, error) if text.strip()]
        blocks += map(_section, issues)
        blocks.append({"type": "context", "elements": [_text(facts)]})
        if message.link:
            button = {"type": "button", "text": {"type": "plain_text", "text": "Open the report"}, "url": message.link}
            blocks.append({"type": "actions", "elements": [button]})
        options = {"channel": self.channel, "username": self.username, "icon_emoji": self.icon_emoji}
        return {"text": headline, "blocks": blocks} | {k: shorten_escaped(v, _NAME) for k, v in options.items() if v}


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """Lines joined to texts, each as long as a section can hold."""
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
    return {"type": "mrkdwn", "text": text, "verbatim": True}  # verbatim: plain text never becomes a link or mention


def _fits(payload: dict[str, Any]) -> bool:
    blocks = payload["blocks"]
    sections = [b["text"]["text"] for b in blocks if b["type"] == "section"]
    context = [e["text"] for b in blocks if b["type"] == "context" for e in b["elements"]]
    return (
        len(encode_json(payload)) <= _MAX_BYTES
        and len(blocks) <= _MAX_BLOCKS
        and len(json.dumps(blocks, ensure_ascii=False)) <= _MAX_CHARACTERS
        and all(len(text) <= _SECTION for text in sections)
        and all(len(text) <= _CONTEXT for text in context)
    )
