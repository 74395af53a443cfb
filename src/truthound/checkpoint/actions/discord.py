"""Discord, through a webhook. Limits: https://discord.com/developers/docs/resources/message#embed-object-embed-limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from truthound._internal.escape import escape_discord as escape
from truthound._internal.escape import escape_terminal
from truthound._internal.options import Converted, Model, option
from truthound._internal.text import plural, shorten, shorten_escaped, utf16_length
from truthound.checkpoint.actions import mentions
from truthound.checkpoint.actions.channel import Channel, success, summarize_sent
from truthound.checkpoint.actions.channel_options import SecretUrl, Url, config_of
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.message_template import Template, render_text
from truthound.checkpoint.actions.response import ResponseCheck, parse_seconds
from truthound.errors import ConfigError
from truthound.io import http_client
from truthound.io.flow import Flow
from truthound.reporters import message as messages
from truthound.reporters.chart import COLORS
from truthound.reporters.chat_markup import STATUS_EMOJI, Markup
from truthound.reporters.message import Message, fit_to_limits
from truthound.results import ActionResult, CheckpointResult, CheckpointStatus

_CONTENT, _TITLE, _DESCRIPTION, _FIELDS, _NAME, _VALUE, _FOOTER, _EMBED = 2000, 256, 4096, 25, 256, 1024, 2048, 6000
_USERNAME, _THREAD, _MENTIONS, _URL = 80, 100, 1000, 2048
_FORBIDDEN_IN_NAMES = ("discord", "clyde")
_EMPTY = "–"  # noqa: RUF001 a dash is meant; Discord refuses an empty field
_MARKUP = Markup(escape, bold="**{}**", italic="*{}*")
_GROUPS = ("@here", "@everyone")
_MENTION = re.compile(r"(?:<@!?)?(?P<user>\d{5,20})>?|<?@&(?P<role>\d{5,20})>?")

Mention = tuple[str, str]
"""what is mentioned (everyone, users or roles), and the group's name or the id"""


def _parse_mention(given: str) -> Mention:
    mention = given.strip()
    if mention in _GROUPS:
        return "everyone", mention
    match = _MENTION.fullmatch(mention)
    if not match:
        raise ConfigError(
            f"\"{shorten(given, 100)}\" mentions nobody in Discord: give @here, @everyone, a user's id (80351110224678912) or a role's (<@&80351110224678912>)"
        )
    return ("users", match["user"]) if match["user"] else ("roles", match["role"])


def _parse_color(given: Any) -> Any:
    """A colour as a number; HTML's notation is taken too."""
    if isinstance(given, str) and re.fullmatch(r"(#|0[xX])[0-9A-Fa-f]{6}", given):
        return int(given.removeprefix("#"), 16)
    return given


def _check_username(name: str) -> str:
    if forbidden := next((word for word in _FORBIDDEN_IN_NAMES if word in name.lower()), ""):
        raise ValueError(f'Discord lets no webhook post under a name with "{forbidden}" in it')
    return name


Mentions = Converted[
    Annotated[
        tuple[str, ...], Field(max_length=mentions.MAX_MENTIONS), AfterValidator(mentions.parseable(_parse_mention))
    ],
    list[str] | tuple[str, ...],
]
Id = Annotated[
    str,
    BeforeValidator(lambda v: str(v) if isinstance(v, int) and not isinstance(v, bool) else v),
    StringConstraints(pattern=r"^(\d{5,20}|.*\$\{.*)$"),
]
Ids = Converted[tuple[Id, ...], list[str | int] | list[str] | list[int] | tuple[str | int, ...]]


class EmbedField(Model):
    """A named value in an embed."""

    name: Annotated[Template, Field(min_length=1, max_length=_NAME)]
    """Its heading; may contain {checkpoint_name} and other placeholders."""
    value: Annotated[Template, Field(min_length=1, max_length=_VALUE)]
    """The text below; may contain {issue_count} and other placeholders, and Discord's Markdown."""
    inline: bool = False
    """Whether it may be placed beside others."""


class DiscordNotification(Channel):
    """Sends one message a run to Discord."""

    type: ClassVar[str] = "discord"
    service: ClassVar[str] = "Discord"
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {"webhook_url": ("DISCORD_WEBHOOK_URL",)}
    hints: ClassVar[Mapping[int, str]] = {
        401: "the webhook's token is not right: copy its URL again",
        404: "the webhook does not exist (any more): make a new one",
    }
    proof: ClassVar[ResponseCheck] = ResponseCheck(has={"id": ...}, bare=204)

    webhook_url: SecretUrl = option(default=None)
    """The webhook. Default: DISCORD_WEBHOOK_URL. To post to a thread, add `?thread_id=...`."""
    username: Annotated[
        str | None, Field(min_length=1, max_length=_USERNAME), AfterValidator(lambda v: v and _check_username(v))
    ] = None
    """The sender's name. Default: the webhook's."""
    avatar_url: Url | None = None
    """The sender's picture."""
    embed_color: Converted[
        Annotated[int | None, BeforeValidator(_parse_color), Field(ge=0, le=0xFFFFFF)], int | str | None
    ] = option(default=None)
    """The colour of the embed's edge, as a number or "#ff0000". Default: by status."""
    embed_title: Annotated[Template | None, Field(min_length=1, max_length=_TITLE)] = None
    """Replaces the embed's title; may contain {checkpoint_name} and other placeholders."""
    embed_description: Annotated[Template | None, Field(min_length=1, max_length=_DESCRIPTION)] = None
    """Replaces the list of issues; may contain {summary} and other placeholders, and Discord's Markdown."""
    embed_fields: Converted[tuple[EmbedField, ...], Sequence[EmbedField | Mapping[str, str | bool]]] = option(
        default=(), max_length=_FIELDS
    )
    """Fields (name, value, inline) that replace the default ones."""
    include_mentions: Mentions = option(default=())
    """Whom to mention when the run failed or could not run: @here, @everyone, a user's id, a role as <@&id>."""
    mention_role_ids: Ids = option(default=(), max_length=mentions.MAX_MENTIONS)
    """Roles to mention when the run failed or could not run."""
    mention_user_ids: Ids = option(default=(), max_length=mentions.MAX_MENTIONS)
    """Users to mention when the run failed or could not run."""
    thread_name: Annotated[Template | None, Field(min_length=1, max_length=_THREAD)] = None
    """The title of the new post; required by a forum channel."""
    include_details: bool = True
    """Whether the issues are listed."""
    custom_message: Annotated[Template | None, Field(max_length=_CONTENT)] = None
    """A text above the embed; may contain {checkpoint_name} and other placeholders, and Discord's Markdown."""

    @model_validator(mode="after")
    def _check_sizes(self) -> Self:
        texts = [self.embed_title or "", self.embed_description or ""]
        texts += [text for field in self.embed_fields for text in (field.name, field.value)]
        if (total := sum(map(utf16_length, texts))) > _EMBED:
            raise ValueError(f"the embed's texts have {total:,} characters in all; Discord takes {_EMBED:,}")
        if len(" ".join(mention for _, mention in self._configured_mentions())) > _MENTIONS:
            raise ValueError(f"the mentions have more than {_MENTIONS:,} characters in all; mention a role instead")
        return self

    def check(self) -> Iterator[str]:
        yield from super().check()
        for name, mention in self._configured_mentions():
            yield from mentions.problems(name, [mention], _parse_mention)
        if self.username:
            try:
                _check_username(self.username)
            except ValueError as error:
                yield f"username: {error}"

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        message = self.message(result, run, self.custom_message or "", escape)
        body = self.payload(result, message)
        response = yield from self.post(self._url(), body, run=run)
        posted = response.json()
        details = {"message_id": str(posted["id"])} if isinstance(posted, dict) and "id" in posted else {}
        _, skipped = self._mentions(message.status)
        note, mention_details = mentions.describe_skipped_mentions(skipped)
        if (omitted := len(self.embed_fields) - len(body["embeds"][0]["fields"])) > 0:
            note += f"; {plural(omitted, 'field')} left out: Discord takes {_EMBED:,} characters"
        return success(f"posted to Discord: {summarize_sent(message)}{note}", response, **details, **mention_details)

    def retry_after(self, answer: http_client.Response, now: datetime) -> float:
        """Discord's body is exact to the millisecond; a proxy in front of Discord sets only the header."""
        body = answer.json()
        delay = body.get("retry_after") if isinstance(body, dict) else None
        return parse_seconds(delay) or super().retry_after(answer, now)

    def payload(self, result: CheckpointResult, message: Message) -> dict[str, Any]:
        """The webhook's body, within Discord's limits."""
        payload = fit_to_limits(message, lambda m: self._render(result, m), _fits)
        fields = payload["embeds"][0]["fields"]
        while fields and not _fits(payload):  # placeholders with long values have made the user's own fields too long
            fields.pop()
        return payload

    def _url(self) -> str:
        """The webhook's URL, with which Discord responds after it has posted the message, not before."""
        parts = urlsplit(self.webhook_url.get_secret_value() if self.webhook_url else "")
        return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, "wait=true")))))

    def _configured_mentions(self) -> list[tuple[str, str]]:
        """Each mention with the option that asks for it."""
        roles = [("mention_role_ids", f"<@&{role}>") for role in self.mention_role_ids]
        users = [("mention_user_ids", user) for user in self.mention_user_ids]
        return [*(("include_mentions", mention) for mention in self.include_mentions), *users, *roles]

    def _mentions(self, status: CheckpointStatus) -> tuple[list[Mention], list[str]]:
        """The mentions in the message, and those that are skipped."""
        listed = self._configured_mentions() if status in mentions.FAILED else []
        return mentions.select(
            (mention for _, mention in listed), _parse_mention, lambda chosen: len(_rendered(chosen)) <= _MENTIONS
        )

    def _render(self, result: CheckpointResult, message: Message) -> dict[str, Any]:
        mentioned, _ = self._mentions(message.status)
        values = messages.template_values(result, message)
        username = shorten_escaped((self.username or "").strip(), _USERNAME)
        thread = self.thread_name and (
            _filled(self.thread_name, values, _THREAD, escape_terminal)
            or message.bounded_headline(escape_terminal, _THREAD)
        )
        options = {
            # a variable may have resolved to a name or a URL for which Discord would refuse the whole message
            "username": "" if any(word in username.lower() for word in _FORBIDDEN_IN_NAMES) else username,
            "avatar_url": self.avatar_url if _is_url(self.avatar_url or "") else None,
            "thread_name": thread,
            "content": shorten_escaped("\n".join(filter(None, (_rendered(mentioned), message.note))), _CONTENT),
        }
        return {k: v for k, v in options.items() if v} | {
            "embeds": [self._embed(message, values)],
            "allowed_mentions": _allowed_mentions(mentioned),
        }

    def _embed(self, message: Message, values: Mapping[str, Any]) -> dict[str, Any]:
        title = message.bounded_headline(escape, _TITLE, STATUS_EMOJI[message.status])
        description = (
            _filled(self.embed_description, values, _DESCRIPTION)
            if self.embed_description
            else "\n".join(self._lines(message))
        )
        embed = {
            "title": _filled(self.embed_title, values, _TITLE) or title,
            "description": description,
            "color": int(COLORS[message.status].removeprefix("#"), 16)
            if self.embed_color is None
            else self.embed_color,
            "fields": list(self._fields(message, values)),
            "footer": {"text": shorten_escaped(escape_terminal(f"truthound · {message.run_id}"), _FOOTER)},
            "timestamp": message.run_time.isoformat(timespec="seconds"),
        }
        return embed | ({"url": message.link} if message.link else {})

    def _lines(self, message: Message) -> Iterator[str]:
        if message.error:
            yield f"**Error:** {escape(message.error)}"
        if self.include_details:
            yield from _MARKUP.issues(message)

    def _fields(self, message: Message, values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        if not self.embed_fields:
            facts = [(name, value) for name, value in message.facts if name != "Run" and value.strip()]
            for name, value in facts[:_FIELDS]:
                yield {
                    "name": shorten_escaped(escape(name), _NAME),
                    "value": shorten_escaped(escape(value), _VALUE),
                    "inline": True,
                }
        for field in self.embed_fields:
            name, value = _filled(field.name, values, _NAME), _filled(field.value, values, _VALUE)
            yield {"name": name or _EMPTY, "value": value or _EMPTY, "inline": field.inline}


DiscordConfig = config_of(DiscordNotification, "DiscordConfig")


def _filled(template: str | None, values: Mapping[str, Any], width: int, escaper: Callable[[str], str] = escape) -> str:
    """A template's text within its limit; empty without a template, or if it renders to spaces only."""
    return shorten_escaped(render_text(template, values, escaper).strip(), width) if template else ""


def _is_url(url: str) -> bool:
    return len(url) <= _URL and not http_client.check_url(url)


def _rendered(mentioned: Iterable[Mention]) -> str:
    """Mentions in Discord's markup."""
    return " ".join(name if kind == "everyone" else f"<@{'&' * (kind == 'roles')}{name}>" for kind, name in mentioned)


def _allowed_mentions(mentioned: list[Mention]) -> dict[str, list[str]]:
    """Whom the message may notify: those mentioned by an option, and nobody named in the data."""
    return {
        "parse": ["everyone"] if any(kind == "everyone" for kind, _ in mentioned) else [],
        "users": [name for kind, name in mentioned if kind == "users"],
        "roles": [name for kind, name in mentioned if kind == "roles"],
    }


def _fits(payload: dict[str, Any]) -> bool:
    (embed,) = payload["embeds"]
    title, description, footer = embed["title"], embed["description"], embed["footer"]["text"]
    fields = [(field["name"], field["value"]) for field in embed["fields"]]
    return (
        utf16_length(payload.get("content", "")) <= _CONTENT
        and utf16_length(title) <= _TITLE
        and utf16_length(description) <= _DESCRIPTION
        and utf16_length(footer) <= _FOOTER
        and all(utf16_length(name) <= _NAME and utf16_length(value) <= _VALUE for name, value in fields)
        and sum(map(utf16_length, (title, description, footer, *(text for field in fields for text in field))))
        <= _EMBED
    )
