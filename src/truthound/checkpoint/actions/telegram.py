"""Telegram, through a bot. Limits and marks: https://core.telegram.org/bots/api#formatting-options."""

from __future__ import annotations

import html
import importlib.util
import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import quote

from pydantic import BeforeValidator, Field, model_validator

from truthound._internal.options import Converted, Secret, option
from truthound._internal.text import cut_utf16, terminal, utf16
from truthound._internal.text import telegram as escape
from truthound.checkpoint.actions.base import ActionContext, look_back
from truthound.checkpoint.actions.channel import (
    Channel,
    ResponseCheck,
    Template,
    Url,
    config_of,
    filled,
    seconds,
    success,
    summarize_sent,
)
from truthound.errors import ConfigError, PermanentDeliveryError
from truthound.io import http_client
from truthound.io.flow import Flow, call
from truthound.reporters import chart
from truthound.reporters import message as messages
from truthound.reporters.message import Finding, Message, fit_to_limits, truncations
from truthound.results import ActionResult, CheckpointResult

_TEXT, _CAPTION, _PHOTO = 4096, 1024, 10 * 1024 * 1024
_RUNS = 30
_MARKS = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "🔵", "error": "⚠️"}
_SIGNS = {"success": "✅", "warning": "🟡", "failure": "❌", "error": "⚠️"}
_NO_PILLOW = "the package pillow, which draws the chart, is not installed; install it with: pip install 'truthound[chart]', or give photo_url or photo_path"
_TOKEN = re.compile(r"\d+:[\w-]+")
_CHAT = re.compile(r"-?\d+|@\w{4,}")
_VALUE = re.compile("\ue000(\\d+)\ue001")  # where a value stands in a text that is being escaped
_UNREADABLE = re.compile(r"(?i)parse entit|find end of|unsupported start tag|entity")
_PHOTO_REFUSED = re.compile(r"(?i)photo|http url|image|media|dimension|file")


def _mode(given: Any) -> Any:
    names = {m.lower(): m for m in ("HTML", "Markdown", "MarkdownV2")}
    return names.get(given.lower(), given) if isinstance(given, str) else given


def _as_text(given: Any) -> Any:
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


@dataclass(frozen=True, slots=True)
class Text:
    """A message's text as it is sent. No mode: plain."""

    said: str
    mode: str = ""
    shortened: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """How a text is sent: by which method, as which field, with which photo."""

    method: str
    field: str
    longest: int
    photo: bytes | None = None
    photo_url: str = ""


class TelegramNotification(Channel):
    """Sends a message to a Telegram chat, one a run."""

    type: ClassVar[str] = "telegram"
    service: ClassVar[str] = "Telegram"
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "bot_token": ("TELEGRAM_BOT_TOKEN",),
        "chat_id": ("TELEGRAM_CHAT_ID",),
    }
    hints: ClassVar[Mapping[int, str]] = {
        401: "bot_token is not right (any more): ask @BotFather",
        403: "the bot is not in the chat, or was blocked there",
        404: "bot_token is not right: it looks like 123456:ABC-DEF",
    }
    proof: ClassVar[ResponseCheck] = ResponseCheck(has={"ok": True})

    bot_token: Secret = option(default=None)
    """The bot's token, from @BotFather; TELEGRAM_BOT_TOKEN, if not given."""
    chat_id: Converted[Annotated[str | None, BeforeValidator(_as_text)], str | int | None] = option(default=None)
    """The chat: a number (of groups and channels below zero) or @channel; TELEGRAM_CHAT_ID, if not given."""
    message_template: Template | None = None
    """A text of yours instead of ours; may hold {checkpoint_name} and the like, and marks of its parse_mode."""
    parse_mode: Annotated[Literal["Markdown", "MarkdownV2", "HTML"], BeforeValidator(_mode)] = "Markdown"
    """The marks in a text of yours; values in it are escaped for them."""
    disable_notification: bool = False
    """Whether it arrives without a sound."""
    message_thread_id: int | None = Field(default=None, gt=0)
    """The topic of a forum."""
    reply_to_message_id: int | None = Field(default=None, gt=0)
    """The message that it replies to."""
    include_details: bool = True
    """Whether the issues are listed."""
    api_url: Url = "https://api.telegram.org"
    """Where the Bot API is, for a server of your own."""

    @property
    def template(self) -> str | None:
        """The user's own text."""
        return self.message_template

    def check(self) -> Iterator[str]:
        yield from super().check()
        if not _TOKEN.fullmatch(self.bot_token.get_secret_value() if self.bot_token else ""):
            yield "bot_token: a bot's token looks like 123456:ABC-DEF; ask @BotFather"
        if not _CHAT.fullmatch(self.chat_id or ""):
            yield "chat_id: a chat is a number such as -1001234567890, or @channel"

    def secrets(self) -> Iterator[str]:
        """The token, and what of it follows the bot's number."""
        for one in super().secrets():
            yield one
            if _TOKEN.fullmatch(one) and len(rest := one.partition(":")[2]) >= 8:
                yield rest

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        return (yield from self._send(Form("sendMessage", "text", _TEXT), result, run))

    # --- sending ----------------------------------------------------------------------------------------------------

    def _send(self, form: Form, result: CheckpointResult, run: ActionContext, *notes: str) -> Flow[ActionResult]:
        """Sends; a template whose marks Telegram cannot read goes as plain text."""
        message = self.message(result, run)
        text = self.text(result, message, form.longest)
        try:
            answer = yield from self._ask(form, text, run)
        except PermanentDeliveryError as error:
            unreadable = error.details.get("status_code") == 400 and _UNREADABLE.search(str(error))
            if not unreadable or not self.template or not text.mode:
                raise
            answer = yield from self._ask(form, self._plain(result, message, form.longest), run)
            notes += (f"as plain text, because the {text.mode} of the template cannot be read ({error})",)
        found = answer.json()
        sent = found.get("result") if isinstance(found, dict) else None
        known = {"message_id": sent["message_id"]} if isinstance(sent, dict) and "message_id" in sent else {}
        short = replace(message, truncated=text.shortened)
        said = "; ".join(filter(None, (f"sent to Telegram: {summarize_sent(short)}", text.note, *notes)))
        return success(said, answer, **known)

    def _body(self, text: Text, field: str) -> dict[str, Any]:
        own = {
            "chat_id": self.chat_id,
            field: text.said,
            "parse_mode": text.mode,
            "disable_notification": self.disable_notification,
            "message_thread_id": self.message_thread_id,
            "reply_parameters": self.reply_to_message_id
            and {"message_id": self.reply_to_message_id, "allow_sending_without_reply": True},
            "link_preview_options": {"is_disabled": True} if field == "text" else None,
        }
        return {k: v for k, v in own.items() if v}

    def _ask(self, form: Form, text: Text, run: ActionContext) -> Flow[http_client.Response]:
        token = self.bot_token.get_secret_value() if self.bot_token else ""
        url = f"{self.api_url.rstrip('/')}/bot{quote(token, safe=':')}/{form.method}"
        body = self._body(text, form.field) | ({"photo": form.photo_url} if form.photo_url else {})
        if form.photo is None:
            return (yield from self.post(url, body, run=run))
        kind, content = _multipart(body, form.photo)
        return (
            yield from self.request(
                "POST", url, content, run=run, headers={"Content-Type": kind}, proof=self.response_check
            )
        )

    def retry_after(self, answer: http_client.Response, now: datetime) -> float:
        found = answer.json()
        asked = found.get("parameters") if isinstance(found, dict) else None
        return seconds(asked.get("retry_after") if isinstance(asked, dict) else None) or super().retry_after(
            answer, now
        )

    def reason(self, answer: http_client.Response) -> str:
        found = answer.json()
        asked = found.get("parameters") if isinstance(found, dict) else None
        moved = asked.get("migrate_to_chat_id") if isinstance(asked, dict) else None
        return super().reason(answer) + (f"; the group's chat_id is now {moved}" if moved else "")

    # --- the text ---------------------------------------------------------------------------------------------------

    def text(self, result: CheckpointResult, message: Message, longest: int) -> Text:
        """The largest text that fits, as Telegram counts: UTF-16 units of what is seen."""
        if not self.template:
            return self._ours(message, longest)
        for candidate in truncations(message):
            said, seen = marked(self.template, messages.template_values(result, candidate), self.parse_mode)
            if not seen.strip():
                note = "the template comes to an empty text, which Telegram does not take, so ours was sent"
                return replace(self._ours(message, longest), note=note)
            if utf16(seen) <= longest:
                return Text(said, self.parse_mode, candidate.truncated and not message.truncated)
        return self._plain(result, message, longest)

    def _ours(self, message: Message, longest: int) -> Text:
        said, shown = fit_to_limits(
            message, lambda m: ("\n".join(self._lines(m)), m), lambda made: utf16(_seen(made[0])) <= longest
        )
        if utf16(_seen(said)) > longest:
            return Text(cut_utf16(messages.plain_text(shown), longest), shortened=True)
        return Text(said, "HTML", shown.truncated and not message.truncated)

    def _plain(self, result: CheckpointResult, message: Message, longest: int) -> Text:
        """The template's text without marks."""
        smallest = list(truncations(message))[-1]
        said = filled(self.template or "", messages.template_values(result, smallest), _harmless)
        return Text(cut_utf16(said, longest), shortened=True)

    def _lines(self, message: Message) -> Iterator[str]:
        yield f"{_SIGNS[message.status.value]} <b>{escape(message.headline)}</b>"
        if message.error:
            yield f"<b>Error:</b> {escape(message.error)}"
        if self.include_details:
            yield from map(_finding, message.findings)
            if message.omitted_line:
                yield f"<i>{message.omitted_line}</i>"
            yield from (f"✅ fixed: {escape(f)}" for f in message.fixed)
            yield from (f"⚠️ not delivered: {escape(u)}" for u in message.undelivered)
        yield ""
        yield from (f"<b>{escape(name)}:</b> {escape(said)}" for name, said in message.facts)
        if message.link and not http_client.check_url(message.link):
            yield f'<a href="{html.escape(message.link)}">Open the report</a>'


class TelegramNotificationWithPhoto(TelegramNotification):
    """Sends a photo with the message as its caption: one of yours, or a chart of the checkpoint's last runs."""

    type: ClassVar[str] = "telegram_photo"

    photo_url: Url | None = None
    """Where Telegram fetches the photo."""
    photo_path: Converted[Path | None, Path | str | None] = option(default=None)
    """The photo's file."""
    caption: Template | None = None
    """A text of yours below the photo; as message_template, which counts too."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        for a, b in (("photo_url", "photo_path"), ("caption", "message_template")):
            if getattr(self, a) is not None and getattr(self, b) is not None:
                raise ValueError(f"give {a} or {b}, not both")
        return self

    @property
    def template(self) -> str | None:
        return self.caption or self.message_template

    def check(self) -> Iterator[str]:
        yield from super().check()
        if not self.photo_url and not self.photo_path and importlib.util.find_spec("PIL") is None:
            yield _NO_PILLOW

    def preview(self, result: CheckpointResult, run: ActionContext) -> Iterator[str]:
        form = "in a form (multipart/form-data) of the fields below"
        if not self.photo_path and not self.photo_url:
            yield f"with a chart of the last runs, which is drawn then, {form}"
        elif self.photo_path and _file(self.photo_path, run).is_file():
            yield f"with the photo {self.photo_path}, {form}"
        elif self.photo_path:
            yield f"the photo {self.photo_path} is not there: the message would be sent without it"

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        try:
            earlier = () if self.photo_url or self.photo_path else (yield from look_back(run))
            photo = None if self.photo_url else (yield from call(lambda: self._photo(result, run, earlier)))
            form = Form("sendPhoto", "caption", _CAPTION, photo, self.photo_url or "")
            return (yield from self._send(form, result, run))
        except (ConfigError, OSError) as error:
            why = str(error)
        except PermanentDeliveryError as error:
            status = error.details.get("status_code")
            if status != 413 and not (status == 400 and _PHOTO_REFUSED.search(str(error))):
                raise
            why = str(error)
        form = Form("sendMessage", "text", _TEXT)  # the news matter more than the picture
        return (yield from self._send(form, result, run, f"without the photo: {why}"))

    def _photo(self, result: CheckpointResult, run: ActionContext, earlier: Sequence[CheckpointResult]) -> bytes:
        if self.photo_path:
            path = _file(self.photo_path, run)
            if path.stat().st_size > _PHOTO:
                raise ConfigError(f"{self.photo_path} is larger than 10 MB, which is what Telegram takes")
            return path.read_bytes()
        if importlib.util.find_spec("PIL") is None:
            raise ConfigError(_NO_PILLOW)
        known = earlier or tuple(filter(None, [run.previous]))
        runs = [*known[1 - _RUNS :], result]
        return chart.png([(r.run_time, r.status.value, _failing(r)) for r in runs], result.checkpoint_name)


TelegramConfig = config_of(TelegramNotification, "TelegramConfig")


def _failing(result: CheckpointResult) -> float | None:
    """The share of checks that did not pass."""
    s = result.validation_result.statistics if result.validation_result else None
    made = s.total_checks - s.skipped if s else 0
    return (made - s.passed) / made if s and made else None


def _multipart(body: Mapping[str, Any], photo: bytes) -> tuple[str, bytes]:
    """A form with a file, as its content type and its bytes."""
    boundary = uuid.uuid4().hex
    parts = bytearray()
    for name, value in body.items():
        said = value if isinstance(value, str) else json.dumps(value)
        parts += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        parts += said.encode("utf-8", "replace") + b"\r\n"
    parts += f'--{boundary}\r\nContent-Disposition: form-data; name="photo"; filename="photo"\r\n'.encode()
    parts += b"Content-Type: application/octet-stream\r\n\r\n" + photo + f"\r\n--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", bytes(parts)


def _finding(finding: Finding) -> str:
    parts = [f"{_MARKS.get(finding.severity, '•')} <b>{escape(finding.subject)}</b>", escape(finding.expected)]
    parts += [f"<b>{escape(finding.amount)}</b>"] if finding.amount else []
    parts += [f"<i>{escape(finding.change)}</i>"] if finding.change else []
    return "\n".join(["  ".join(parts), *(f"      <code>{escape(e)}</code>" for e in finding.examples)])


def _seen(said: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", said))


# --- values within the user's own marks -------------------------------------------------------------------------------


def _harmless(value: object) -> str:
    """Text that mentions nobody, without the signs that mark a value's place."""
    return re.sub("[\ue000\ue001]", "\ufffd", terminal(value).replace("@", "@\u200b"))


def marked(template: str, values: Mapping[str, Any], mode: str) -> tuple[str, str]:
    """The text with its marks, and about as it is seen. Each value is escaped for the place where it stands."""
    kept: list[str] = []

    def place(value: str) -> str:
        kept.append(_harmless(value))
        return f"\ue000{len(kept) - 1}\ue001"

    made = filled(re.sub("[\ue000\ue001]", "", template), values, place)
    seen = _VALUE.sub(lambda m: kept[int(m[1])], made)
    if mode == "HTML":
        said = _VALUE.sub(lambda m: html.escape(kept[int(m[1])]), made)
        return said, _seen(said)
    walk = _Walk(_MARKS_V2 if mode == "MarkdownV2" else _MARKS_V1, mode)
    pieces, at = list[str](), 0
    for found in _VALUE.finditer(made):
        pieces.append(made[at : found.start()])
        walk.past(pieces[-1])
        pieces.append(walk.escaped(kept[int(found[1])]))
        at = found.end()
    return "".join([*pieces, made[at:]]), seen


_MARKS_V1 = ("```", "`", "*", "_", "[")
_MARKS_V2 = ("```", "`", "[")  # what only decorates changes nothing about escaping
_V2 = re.compile(r"([\\_*\[\]()~`>#+\-=|{}.!])")


class _Walk:
    """Knows in which mark a place of a Markdown text lies."""

    def __init__(self, marks: tuple[str, ...], mode: str) -> None:
        self.marks, self.v2, self.inside = marks, mode == "MarkdownV2", ""

    def past(self, said: str) -> None:
        """Reads over a piece of the template."""
        i = 0
        while i < len(said):
            if said[i] == "\\" and (self.v2 or not self.inside):
                i += 2
            elif not self.inside:
                self.inside = next((m for m in self.marks if said.startswith(m, i)), "")
                i += len(self.inside) or 1
            elif self.inside == "[":
                link = said.startswith("](", i)
                self.inside = "(" if link else "" if said[i] == "]" else "["
                i += 1 + link
            else:
                ends = ")" if self.inside == "(" else self.inside
                ended = said.startswith(ends, i)
                self.inside = "" if ended else self.inside
                i += len(ends) if ended else 1

    def escaped(self, value: str) -> str:
        """A value as it must be written here."""
        if self.inside == "(":
            url = value.replace("\u200b", "")
            return re.sub(r"([\\)])", r"\\\1", url) if self.v2 else quote(url, safe=":/?#@!$&*+,;=%-._~[]'")
        if self.v2:
            return (re.compile(r"([\\`])") if self.inside in ("`", "```") else _V2).sub(r"\\\1", value)
        if self.inside == "[":
            return value.replace("]", "\uff3d")  # nothing can be escaped in there
        if self.inside == "```":
            return value.replace("`", "`\u200b")
        if self.inside:  # what would end the mark is written outside of it
            return value.replace(self.inside, f"{self.inside}\\{self.inside}{self.inside}")
        made = re.sub(r"([_*`\[])", r"\\\1", value)
        return f"{made}\u200b" if made.endswith("\\") else made


def _file(path: Path, run: ActionContext) -> Path:
    return (run.base or Path()) / path
