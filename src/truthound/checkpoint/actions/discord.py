"""Discord, through a webhook. Limits: https://discord.com/developers/docs/resources/message#embed-object-embed-limits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from truthound import message as messages
from truthound import wire
from truthound.checkpoint.actions.base import Run
from truthound.checkpoint.actions.channel import (
    Channel,
    SecretUrl,
    Template,
    Url,
    config_of,
    filled,
    seconds,
    success,
    told,
)
from truthound.errors import ConfigError
from truthound.flow import Flow
from truthound.message import Finding, Message, fitted
from truthound.models import Model
from truthound.results import ActionResult, CheckpointResult, CheckpointStatus
from truthound.text import discord as escape
from truthound.text import shorten, terminal, utf16

_CONTENT, _TITLE, _DESCRIPTION, _FIELDS, _NAME, _VALUE, _FOOTER, _ALL = 2000, 256, 4096, 25, 256, 1024, 2048, 6000
_MARKS = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "🔵", "error": "⚠️"}
_SIGNS = {"success": "✅", "warning": "🟡", "failure": "❌", "error": "⚠️"}
_COLORS = {"success": 0x2E9E5B, "warning": 0xE0A100, "failure": 0xD83A3A, "error": 0x7A4FBF}
_GROUPS = ("@here", "@everyone")
_MENTION = re.compile(r"(?:<@!?)?(?P<user>\d{5,20})>?|<?@&(?P<role>\d{5,20})>?")


def _mention(given: str) -> tuple[str, str]:
    """What is mentioned (everyone, users or roles) and how, a group or an id."""
    bare = given.strip()
    if bare in _GROUPS:
        return "everyone", bare
    found = _MENTION.fullmatch(bare)
    if not found:
        raise ConfigError(
            f"\"{given}\" mentions nobody in Discord: give @here, @everyone, a user's id (80351110224678912) or a role's (<@&80351110224678912>)"
        )
    return ("users", found["user"]) if found["user"] else ("roles", found["role"])


def _mentions(listed: tuple[str, ...]) -> tuple[str, ...]:
    for one in listed:
        if "${" not in one:
            _mention(one)
    return listed


def _color(given: Any) -> Any:
    """A colour as a number, or as HTML writes it."""
    if isinstance(given, str) and re.fullmatch(r"(#|0[xX])[0-9A-Fa-f]{6}", given):
        return int(given.removeprefix("#"), 16)
    return given


def _username(given: str) -> str:
    if wrong := next((w for w in ("discord", "clyde") if w in given.lower()), ""):
        raise ValueError(f'Discord lets no webhook post under a name with "{wrong}" in it')
    return given


Mentions = Annotated[tuple[str, ...], AfterValidator(_mentions)]
Id = Annotated[
    str,
    BeforeValidator(lambda v: str(v) if isinstance(v, int) and not isinstance(v, bool) else v),
    StringConstraints(pattern=r"^(\d{5,20}|.*\$\{.*)$"),
]


class EmbedField(Model):
    """A named value in an embed."""

    name: Annotated[Template, Field(min_length=1, max_length=_NAME)]
    """Its heading; may hold {checkpoint_name} and the like."""
    value: Annotated[Template, Field(min_length=1, max_length=_VALUE)]
    """What stands below; may hold {issue_count} and the like, and Discord's Markdown."""
    inline: bool = False
    """Whether it may stand beside others."""


class DiscordNotification(Channel):
    """Sends a message to Discord, one a run."""

    type: ClassVar[str] = "discord"
    service: ClassVar[str] = "Discord"
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {"webhook_url": ("DISCORD_WEBHOOK_URL",)}
    hints: ClassVar[Mapping[int, str]] = {
        401: "the webhook's token is not right: copy its URL again",
        404: "the webhook does not exist (any more): make a new one",
    }

    webhook_url: SecretUrl | None = None
    """The webhook; DISCORD_WEBHOOK_URL, if not given. A thread is chosen with `?thread_id=...` at its end."""
    username: Annotated[
        str | None, Field(min_length=1, max_length=80), AfterValidator(lambda v: v and _username(v))
    ] = None
    """The name it posts under; the webhook's, if not given."""
    avatar_url: Url | None = None
    """The picture it posts under."""
    embed_color: Annotated[int | None, BeforeValidator(_color), Field(ge=0, le=0xFFFFFF)] = None
    """The colour of the embed's edge, as a number or "#ff0000"; by the status, if not given."""
    embed_title: Annotated[Template | None, Field(min_length=1, max_length=_TITLE)] = None
    """The embed's title instead of ours; may hold {checkpoint_name} and the like."""
    embed_description: Annotated[Template | None, Field(min_length=1, max_length=_DESCRIPTION)] = None
    """A text instead of the list of issues; may hold {summary} and the like, and Discord's Markdown."""
    embed_fields: tuple[EmbedField, ...] = Field(default=(), max_length=_FIELDS)
    """Fields (name, value, inline) instead of ours."""
    include_mentions: Mentions = ()
    """Whom to mention when the run failed or could not be made: @here, @everyone, a user's id, a role as <@&id>."""
    mention_role_ids: tuple[Id, ...] = Field(default=(), max_length=50)
    """Roles to mention then."""
    mention_user_ids: tuple[Id, ...] = Field(default=(), max_length=50)
    """Users to mention then."""
    thread_name: Annotated[Template | None, Field(min_length=1, max_length=100)] = None
    """The title of the new post; a forum channel wants one."""
    include_details: bool = True
    """Whether the issues are listed."""
    custom_message: Annotated[Template | None, Field(max_length=_CONTENT)] = None
    """A text of yours above the embed; may hold {checkpoint_name} and the like, and Discord's Markdown."""

    @model_validator(mode="after")
    def _small(self) -> Self:
        own = [self.embed_title or "", self.embed_description or ""]
        total = sum(map(utf16, [*own, *(t for f in self.embed_fields for t in (f.name, f.value))]))
        if total > _ALL:
            raise ValueError(f"the embed's texts have {total:,} characters in all; Discord takes {_ALL:,}")
        if len(" ".join(self._listed())) > _CONTENT // 2:
            raise ValueError(f"the mentions have more than {_CONTENT // 2:,} characters in all; mention a role instead")
        return self

    def check(self) -> Iterator[str]:
        yield from super().check()
        for one in self._listed():
            try:
                _mention(one)
            except ConfigError as error:
                yield from error.problems

    def flow(self, result: CheckpointResult, run: Run) -> Flow[ActionResult]:
        message = self.message(result, run, self.custom_message or "", escape)
        answer = yield from self.post(self._target(), self.payload(result, message), run=run)
        posted = answer.json()
        known = {"message_id": str(posted["id"])} if isinstance(posted, dict) and "id" in posted else {}
        return success(f"posted to Discord: {told(message)}", answer, **known)

    def retry_after(self, answer: wire.Response, now: datetime) -> float:
        """Discord's body is exact to the millisecond; what stands before Discord answers with the header only."""
        found = answer.json()
        asked = found.get("retry_after") if isinstance(found, dict) else None
        return seconds(asked) or super().retry_after(answer, now)

    def payload(self, result: CheckpointResult, message: Message) -> dict[str, Any]:
        """The webhook's body, within Discord's limits."""
        made = fitted(message, lambda m: self._render(result, m), _fits)
        fields = made["embeds"][0]["fields"]
        while fields and not _fits(made):  # texts of the user's own that long values have made longer
            fields.pop()
        return made

    def _target(self) -> str:
        """The URL that answers when the message is posted, not before."""
        parts = urlsplit(self.webhook_url.get_secret_value() if self.webhook_url else "")
        return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, "wait=true")))))

    def _listed(self) -> list[str]:
        return [*self.include_mentions, *self.mention_user_ids, *(f"<@&{r}>" for r in self.mention_role_ids)]

    def _render(self, result: CheckpointResult, message: Message) -> dict[str, Any]:
        failed = message.status in (CheckpointStatus.FAILURE, CheckpointStatus.ERROR)
        mentions = dict.fromkeys(map(_mention, self._listed())) if failed else {}
        known = messages.values(result, message)
        embed: dict[str, Any] = {
            "title": shorten(filled(self.embed_title or "", known, escape).strip(), _TITLE)
            or f"{_SIGNS[message.status.value]} {escape(message.headline)}",
            "description": shorten(filled(self.embed_description, known, escape), _DESCRIPTION)
            if self.embed_description
            else "\n".join(self._lines(message)),
            "color": _COLORS[message.status.value] if self.embed_color is None else self.embed_color,
            "fields": list(self._fields(message, known)),
            "footer": {"text": terminal(f"truthound · {message.run_id}")},
            "timestamp": message.run_time.isoformat(timespec="seconds"),
        }
        if message.link and not wire.check_url(message.link):
            embed["url"] = message.link
        content = " ".join(
            one if kind == "everyone" else f"<@{'&' * (kind == 'roles')}{one}>" for kind, one in mentions
        )
        own = {
            "username": self.username,
            "avatar_url": self.avatar_url,
            "thread_name": self.thread_name and shorten(filled(self.thread_name, known, terminal), 100),
            "content": "\n".join(filter(None, (content, message.note))),
        }
        return {k: v for k, v in own.items() if v} | {"embeds": [embed], "allowed_mentions": _allowed(mentions)}

    def _lines(self, message: Message) -> Iterator[str]:
        if message.error:
            yield f"**Error:** {escape(message.error)}"
        if self.include_details:
            yield from map(_finding, message.findings)
            if message.more:
                yield f"*{message.more}*"
            yield from (f"✅ fixed: {escape(f)}" for f in message.fixed)
            yield from (f"⚠️ not delivered: {escape(u)}" for u in message.undelivered)

    def _fields(self, message: Message, known: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        if not self.embed_fields:
            facts = [(n, s) for n, s in message.facts if n != "Run"][:_FIELDS]
            yield from ({"name": escape(name), "value": escape(said), "inline": True} for name, said in facts)
        for one in self.embed_fields:
            name, value = (filled(t, known, escape).strip() or "–" for t in (one.name, one.value))  # noqa: RUF001 a dash is meant
            yield {"name": shorten(name, _NAME), "value": shorten(value, _VALUE), "inline": one.inline}


DiscordConfig = config_of(DiscordNotification, "DiscordConfig")


def _allowed(mentions: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Whom the message may notify: those whom it mentions on purpose, and nobody whom the data name."""
    listed = list(mentions)
    return {
        "parse": ["everyone"] if any(kind == "everyone" for kind, _ in listed) else [],
        "users": [one for kind, one in listed if kind == "users"],
        "roles": [one for kind, one in listed if kind == "roles"],
    }


def _finding(finding: Finding) -> str:
    parts = [f"{_MARKS.get(finding.severity, '•')} **{escape(finding.subject)}**", escape(finding.expected)]
    parts += [f"**{escape(finding.amount)}**"] if finding.amount else []
    parts += [f"*{escape(finding.change)}*"] if finding.change else []
    return "\n".join(["  ".join(parts), *(f"      {escape(e)}" for e in finding.examples)])


def _fits(payload: dict[str, Any]) -> bool:
    (embed,) = payload["embeds"]
    title, description, footer = embed["title"], embed["description"], embed["footer"]["text"]
    pairs = [(f["name"], f["value"]) for f in embed["fields"]]
    return (
        utf16(payload.get("content", "")) <= _CONTENT
        and utf16(title) <= _TITLE
        and utf16(description) <= _DESCRIPTION
        and utf16(footer) <= _FOOTER
        and all(utf16(n) <= _NAME and utf16(v) <= _VALUE for n, v in pairs)
        and sum(map(utf16, (title, description, footer, *(t for pair in pairs for t in pair)))) <= _ALL
    )
