"""Discord, through a webhook. Limits: https://discord.com/developers/docs/resources/message#embed-object-embed-limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from truthound._internal.options import Converted, Model, option
from truthound._internal.text import clip, plural, shorten, terminal, utf16
from truthound._internal.text import discord as escape
from truthound.checkpoint.actions import mentions
from truthound.checkpoint.actions.base import ActionContext
from truthound.checkpoint.actions.channel import (
    Channel,
    ResponseCheck,
    SecretUrl,
    Template,
    Url,
    config_of,
    filled,
    seconds,
    success,
    summarize_sent,
)
from truthound.errors import ConfigError
from truthound.io import http_client
from truthound.io.flow import Flow
from truthound.reporters import message as messages
from truthound.reporters.message import Finding, Message, fit_to_limits
from truthound.results import ActionResult, CheckpointResult, CheckpointStatus

_CONTENT, _TITLE, _DESCRIPTION, _FIELDS, _NAME, _VALUE, _FOOTER, _ALL = 2000, 256, 4096, 25, 256, 1024, 2048, 6000
_USERNAME, _THREAD, _MENTIONED, _URL = 80, 100, 1000, 2048
_RESERVED = ("discord", "clyde")
_NOTHING = "–"  # noqa: RUF001 a dash is meant; Discord takes no empty field
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
            f"\"{shorten(given, 100)}\" mentions nobody in Discord: give @here, @everyone, a user's id (80351110224678912) or a role's (<@&80351110224678912>)"
        )
    return ("users", found["user"]) if found["user"] else ("roles", found["role"])


def _color(given: Any) -> Any:
    """A colour as a number, or as HTML writes it."""
    if isinstance(given, str) and re.fullmatch(r"(#|0[xX])[0-9A-Fa-f]{6}", given):
        return int(given.removeprefix("#"), 16)
    return given


def _username(given: str) -> str:
    if wrong := next((w for w in _RESERVED if w in given.lower()), ""):
        raise ValueError(f'Discord lets no webhook post under a name with "{wrong}" in it')
    return given


Mentions = Converted[
    Annotated[tuple[str, ...], Field(max_length=mentions.MOST), AfterValidator(mentions.readable(_mention))],
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
    proof: ClassVar[ResponseCheck] = ResponseCheck(has={"id": ...}, bare=204)

    webhook_url: SecretUrl = option(default=None)
    """The webhook; DISCORD_WEBHOOK_URL, if not given. A thread is chosen with `?thread_id=...` at its end."""
    username: Annotated[
        str | None, Field(min_length=1, max_length=_USERNAME), AfterValidator(lambda v: v and _username(v))
    ] = None
    """The name it posts under; the webhook's, if not given."""
    avatar_url: Url | None = None
    """The picture it posts under."""
    embed_color: Converted[
        Annotated[int | None, BeforeValidator(_color), Field(ge=0, le=0xFFFFFF)], int | str | None
    ] = option(default=None)
    """The colour of the embed's edge, as a number or "#ff0000"; by the status, if not given."""
    embed_title: Annotated[Template | None, Field(min_length=1, max_length=_TITLE)] = None
    """The embed's title instead of ours; may hold {checkpoint_name} and the like."""
    embed_description: Annotated[Template | None, Field(min_length=1, max_length=_DESCRIPTION)] = None
    """A text instead of the list of issues; may hold {summary} and the like, and Discord's Markdown."""
    embed_fields: Converted[tuple[EmbedField, ...], Sequence[EmbedField | Mapping[str, str | bool]]] = option(
        default=(), max_length=_FIELDS
    )
    """Fields (name, value, inline) instead of ours."""
    include_mentions: Mentions = option(default=())
    """Whom to mention when the run failed or could not be made: @here, @everyone, a user's id, a role as <@&id>."""
    mention_role_ids: Ids = option(default=(), max_length=mentions.MOST)
    """Roles to mention then."""
    mention_user_ids: Ids = option(default=(), max_length=mentions.MOST)
    """Users to mention then."""
    thread_name: Annotated[Template | None, Field(min_length=1, max_length=_THREAD)] = None
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
        if len(" ".join(one for _, one in self._listed())) > _MENTIONED:
            raise ValueError(f"the mentions have more than {_MENTIONED:,} characters in all; mention a role instead")
        return self

    def check(self) -> Iterator[str]:
        yield from super().check()
        for name, one in self._listed():
            yield from mentions.problems(name, [one], _mention)
        if self.username:
            try:
                _username(self.username)
            except ValueError as error:
                yield f"username: {error}"

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        message = self.message(result, run, self.custom_message or "", escape)
        body = self.payload(result, message)
        answer = yield from self.post(self._target(), body, run=run)
        posted = answer.json()
        known = {"message_id": str(posted["id"])} if isinstance(posted, dict) and "id" in posted else {}
        said, details = mentions.describe_skipped_mentions(self._mentioned(message.status)[1])
        if (left := len(self.embed_fields) - len(body["embeds"][0]["fields"])) > 0:
            said += f"; {plural(left, 'field')} left out: Discord takes {_ALL:,} characters"
        return success(f"posted to Discord: {summarize_sent(message)}{said}", answer, **known, **details)

    def retry_after(self, answer: http_client.Response, now: datetime) -> float:
        """Discord's body is exact to the millisecond; what stands before Discord answers with the header only."""
        found = answer.json()
        asked = found.get("retry_after") if isinstance(found, dict) else None
        return seconds(asked) or super().retry_after(answer, now)

    def payload(self, result: CheckpointResult, message: Message) -> dict[str, Any]:
        """The webhook's body, within Discord's limits."""
        made = fit_to_limits(message, lambda m: self._render(result, m), _fits)
        fields = made["embeds"][0]["fields"]
        while fields and not _fits(made):  # texts of the user's own that long values have made longer
            fields.pop()
        return made

    def _target(self) -> str:
        """The URL that answers when the message is posted, not before."""
        parts = urlsplit(self.webhook_url.get_secret_value() if self.webhook_url else "")
        return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, "wait=true")))))

    def _listed(self) -> list[tuple[str, str]]:
        """Each mention with the option that asks for it."""
        roles = [("mention_role_ids", f"<@&{r}>") for r in self.mention_role_ids]
        users = [("mention_user_ids", u) for u in self.mention_user_ids]
        return [*(("include_mentions", m) for m in self.include_mentions), *users, *roles]

    def _mentioned(self, status: CheckpointStatus) -> tuple[list[tuple[str, str]], list[str]]:
        """Whom the message mentions, and who cannot be mentioned."""
        if status not in (CheckpointStatus.FAILURE, CheckpointStatus.ERROR):
            return [], []
        return mentions.chosen(
            (one for _, one in self._listed()), _mention, lambda some: len(_marks(some)) <= _MENTIONED
        )

    def _render(self, result: CheckpointResult, message: Message) -> dict[str, Any]:
        mentioned, _ = self._mentioned(message.status)
        known = messages.template_values(result, message)
        title = message.bounded_headline(escape, _TITLE, _SIGNS[message.status.value])
        embed: dict[str, Any] = {
            "title": _own(self.embed_title, known, _TITLE) or title,
            "description": _own(self.embed_description, known, _DESCRIPTION)
            if self.embed_description
            else "\n".join(self._lines(message)),
            "color": _COLORS[message.status.value] if self.embed_color is None else self.embed_color,
            "fields": list(self._fields(message, known)),
            "footer": {"text": clip(terminal(f"truthound · {message.run_id}"), _FOOTER)},
            "timestamp": message.run_time.isoformat(timespec="seconds"),
        }
        if _usable(message.link):
            embed["url"] = message.link
        own = {
            "username": self.username and _allowed_name(self.username),
            "avatar_url": self.avatar_url if _usable(self.avatar_url or "") else None,
            "thread_name": self.thread_name
            and (_own(self.thread_name, known, _THREAD, terminal) or message.bounded_headline(terminal, _THREAD)),
            "content": clip("\n".join(filter(None, (_marks(mentioned), message.note))), _CONTENT),
        }
        return {k: v for k, v in own.items() if v} | {"embeds": [embed], "allowed_mentions": _allowed(mentioned)}

    def _lines(self, message: Message) -> Iterator[str]:
        if message.error:
            yield f"**Error:** {escape(message.error)}"
        if self.include_details:
            yield from map(_finding, message.findings)
            if message.omitted_line:
                yield f"*{message.omitted_line}*"
            yield from (f"✅ fixed: {escape(f)}" for f in message.fixed)
            yield from (f"⚠️ not delivered: {escape(u)}" for u in message.undelivered)

    def _fields(self, message: Message, known: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        if not self.embed_fields:
            facts = [(n, s) for n, s in message.facts if n != "Run" and s.strip()][:_FIELDS]
            for name, said in facts:
                yield {"name": clip(escape(name), _NAME), "value": clip(escape(said), _VALUE), "inline": True}
        for one in self.embed_fields:
            name, value = _own(one.name, known, _NAME) or _NOTHING, _own(one.value, known, _VALUE) or _NOTHING
            yield {"name": name, "value": value, "inline": one.inline}


DiscordConfig = config_of(DiscordNotification, "DiscordConfig")


def _own(template: str | None, known: Mapping[str, Any], width: int, how: Callable[[str], str] = escape) -> str:
    """A text of the user's own, filled in and within its limit; empty where there is none, or nothing to see in it."""
    return clip(filled(template, known, how).strip(), width) if template else ""


def _usable(url: str) -> bool:
    """Whether it is a URL: Discord refuses a whole message for one that is none."""
    return len(url) <= _URL and not http_client.check_url(url)


def _allowed_name(given: str) -> str:
    """The name to post under, or none where a variable came to one that Discord refuses."""
    name = clip(given.strip(), _USERNAME)
    return "" if any(w in name.lower() for w in _RESERVED) else name


def _marks(mentioned: Iterable[tuple[str, str]]) -> str:
    """Mentions as Discord writes them."""
    return " ".join(one if kind == "everyone" else f"<@{'&' * (kind == 'roles')}{one}>" for kind, one in mentioned)


def _allowed(mentioned: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Whom the message may notify: those whom it mentions on purpose, and nobody whom the data name."""
    listed = list(mentioned)
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
