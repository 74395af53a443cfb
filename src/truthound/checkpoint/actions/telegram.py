"""Telegram, through a bot. Limits: https://core.telegram.org/bots/api#sendmessage."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, ClassVar
from urllib.parse import quote

from pydantic import BeforeValidator, Field

from truthound._internal.escape import escape_telegram as escape
from truthound._internal.options import Converted, Secret, option
from truthound._internal.text import shorten_utf16, utf16_length
from truthound.checkpoint.actions import telegram_markup as markup
from truthound.checkpoint.actions.channel import Channel, success, summarize_sent
from truthound.checkpoint.actions.channel_options import Url, config_of
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.message_template import Template, render_text
from truthound.checkpoint.actions.response import ResponseCheck, parse_seconds
from truthound.checkpoint.actions.telegram_markup import ParseMode
from truthound.errors import PermanentDeliveryError
from truthound.io import http_client
from truthound.io.flow import Flow
from truthound.reporters import message as messages
from truthound.reporters.chat_markup import STATUS_EMOJI, Markup
from truthound.reporters.message import Message, fit_to_limits, truncations
from truthound.results import ActionResult, CheckpointResult

_TEXT = 4096
_MARKUP = Markup(escape, bold="<b>{}</b>", italic="<i>{}</i>", example="      <code>{}</code>")
_TOKEN = re.compile(r"\d+:[\w-]+")
_CHAT = re.compile(r"-?\d+|@\w{4,}")
_MARKUP_ERROR = re.compile(r"(?i)parse entit|find end of|unsupported start tag|entity")


def _parse_mode(given: Any) -> Any:
    names = {mode.lower(): mode for mode in ("HTML", "Markdown", "MarkdownV2")}
    return names.get(given.lower(), given) if isinstance(given, str) else given


def _as_text(given: Any) -> Any:
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


@dataclass(frozen=True, slots=True)
class _Text:
    """A rendered text. Without a mode it is plain."""

    text: str
    mode: ParseMode | None = None
    truncated: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the Bot API that sends a text: the text's field and limit, and a photo to send with it."""

    name: str = "sendMessage"
    field: str = "text"
    max_length: int = _TEXT
    photo: bytes | None = None
    photo_url: str = ""


class TelegramNotification(Channel):
    """Sends one message a run to a Telegram chat."""

    type: ClassVar[str] = "telegram"
    service: ClassVar[str] = "Telegram"
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "bot_token": ("TELEGRAM_BOT_TOKEN",),
        "chat_id": ("TELEGRAM_CHAT_ID",),
    }
    hints: ClassVar[Mapping[int, str]] = {
        401: "bot_token is not valid: ask @BotFather",
        403: "the bot is not in the chat, or was blocked there",
        404: "bot_token is not right: it looks like 123456:ABC-DEF",
    }
    proof: ClassVar[ResponseCheck] = ResponseCheck(has={"ok": True})

    bot_token: Secret = option(default=None)
    """The bot's token, from @BotFather. Default: TELEGRAM_BOT_TOKEN."""
    chat_id: Converted[Annotated[str | None, BeforeValidator(_as_text)], str | int | None] = option(default=None)
    """The chat: a number (negative for groups and channels) or @channel. Default: TELEGRAM_CHAT_ID."""
    message_template: Template | None = None
    """Replaces the text; may contain {checkpoint_name} and other placeholders, and the markup of parse_mode."""
    parse_mode: Annotated[ParseMode, BeforeValidator(_parse_mode)] = "Markdown"
    """The markup of message_template; values in it are escaped for it."""
    disable_notification: bool = False
    """Whether the message arrives without a sound."""
    message_thread_id: int | None = Field(default=None, gt=0)
    """The topic of a forum."""
    reply_to_message_id: int | None = Field(default=None, gt=0)
    """The message that this one replies to."""
    include_details: bool = True
    """Whether the issues are listed."""
    api_url: Url = "https://api.telegram.org"
    """The Bot API's address, for a server of your own."""

    @property
    def template(self) -> str | None:
        """The text that the user writes."""
        return self.message_template

    def check(self) -> Iterator[str]:
        yield from super().check()
        if not _TOKEN.fullmatch(self.bot_token.get_secret_value() if self.bot_token else ""):
            yield "bot_token: a bot's token looks like 123456:ABC-DEF; ask @BotFather"
        if not _CHAT.fullmatch(self.chat_id or ""):
            yield "chat_id: a chat is a number such as -1001234567890, or @channel"

    def secrets(self) -> Iterator[str]:
        """The token, and its part after the bot's number."""
        for secret in super().secrets():
            yield secret
            if _TOKEN.fullmatch(secret) and len(key := secret.partition(":")[2]) >= 8:
                yield key

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        return (yield from self.send(Method(), result, run))

    # --- sending ----------------------------------------------------------------------------------------------------

    def send(self, method: Method, result: CheckpointResult, run: ActionContext, *notes: str) -> Flow[ActionResult]:
        """Sends the message; as plain text where Telegram cannot parse the template's markup."""
        message = self.message(result, run)
        text = self._text(result, message, method.max_length)
        try:
            response = yield from self._request(method, text, run)
        except PermanentDeliveryError as error:
            unparseable = error.details.get("status_code") == 400 and _MARKUP_ERROR.search(str(error))
            if not unparseable or not self.template or not text.mode:
                raise
            response = yield from self._request(method, self._plain_text(result, message, method.max_length), run)
            notes += (f"as plain text, because the {text.mode} of the template cannot be parsed ({error})",)
        body = response.json()
        sent = body.get("result") if isinstance(body, dict) else None
        details = {"message_id": sent["message_id"]} if isinstance(sent, dict) and "message_id" in sent else {}
        summary = summarize_sent(replace(message, truncated=text.truncated))
        return success(
            "; ".join(filter(None, (f"sent to Telegram: {summary}", text.note, *notes))), response, **details
        )

    def _request(self, method: Method, text: _Text, run: ActionContext) -> Flow[http_client.Response]:
        token = self.bot_token.get_secret_value() if self.bot_token else ""
        url = f"{self.api_url.rstrip('/')}/bot{quote(token, safe=':')}/{method.name}"
        fields = self._fields(method, text)
        if method.photo is None:
            return (yield from self.post(url, fields, run=run))
        content_type, content = http_client.multipart(fields, photo=method.photo)
        headers = {"Content-Type": content_type}
        return (
            yield from self.request("POST", url, content, run=run, headers=headers, confirmed_by=self.response_check)
        )

    def _fields(self, method: Method, text: _Text) -> dict[str, Any]:
        reply = {"message_id": self.reply_to_message_id, "allow_sending_without_reply": True}
        fields = {
            "chat_id": self.chat_id,
            method.field: text.text,
            "parse_mode": text.mode,
            "disable_notification": self.disable_notification,
            "message_thread_id": self.message_thread_id,
            "reply_parameters": reply if self.reply_to_message_id else None,
            "link_preview_options": {"is_disabled": True} if method.field == "text" else None,
            "photo": method.photo_url,
        }
        return {name: value for name, value in fields.items() if value}

    def retry_after(self, answer: http_client.Response, now: datetime) -> float:
        return parse_seconds(_parameters(answer).get("retry_after")) or super().retry_after(answer, now)

    def reason(self, answer: http_client.Response) -> str:
        new_id = _parameters(answer).get("migrate_to_chat_id")
        return super().reason(answer) + (f"; the group's chat_id is now {new_id}" if new_id else "")

    # --- the text ---------------------------------------------------------------------------------------------------

    def _text(self, result: CheckpointResult, message: Message, max_length: int) -> _Text:
        """The longest text that fits. Telegram counts UTF-16 units of the text without its markup."""
        if not self.template:
            return self._default_text(message, max_length)
        for candidate in truncations(message):
            values = messages.template_values(result, candidate)
            text, visible = markup.render(self.template, values, self.parse_mode)
            if not visible.strip():
                note = "the template renders to an empty text, which Telegram refuses, so the default text was sent"
                return replace(self._default_text(message, max_length), note=note)
            if utf16_length(visible) <= max_length:
                return _Text(text, self.parse_mode, candidate.truncated and not message.truncated)
        return self._plain_text(result, message, max_length)

    def _default_text(self, message: Message, max_length: int) -> _Text:
        text, candidate = fit_to_limits(
            message,
            lambda m: ("\n".join(self._lines(m)), m),
            lambda rendered: utf16_length(markup.visible_html(rendered[0])) <= max_length,
        )
        if utf16_length(markup.visible_html(text)) > max_length:
            return _Text(shorten_utf16(messages.plain_text(candidate), max_length), truncated=True)
        return _Text(text, "HTML", candidate.truncated and not message.truncated)

    def _plain_text(self, result: CheckpointResult, message: Message, max_length: int) -> _Text:
        """The template's text without markup."""
        smallest = list(truncations(message))[-1]
        text = render_text(self.template or "", messages.template_values(result, smallest), markup.plain_value)
        return _Text(shorten_utf16(text, max_length), truncated=True)

    def _lines(self, message: Message) -> Iterator[str]:
        yield f"{STATUS_EMOJI[message.status]} <b>{escape(message.headline)}</b>"
        if message.error:
            yield f"<b>Error:</b> {escape(message.error)}"
        if self.include_details:
            yield from _MARKUP.issues(message)
        yield ""
        yield from (f"<b>{escape(name)}:</b> {escape(value)}" for name, value in message.facts)
        if message.link:
            yield f'<a href="{html.escape(message.link)}">Open the report</a>'


TelegramConfig = config_of(TelegramNotification, "TelegramConfig")


def _parameters(response: http_client.Response) -> Mapping[str, Any]:
    """What a client may do about an error: https://core.telegram.org/bots/api#responseparameters."""
    body = response.json()
    parameters = body.get("parameters") if isinstance(body, dict) else None
    return parameters if isinstance(parameters, dict) else {}
