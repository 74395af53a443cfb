"""Microsoft Teams, through a Workflows webhook or a legacy (Office 365) connector.

Limits: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from truthound._internal import templates
from truthound._internal.escape import escape_adaptive_card as escape
from truthound._internal.escape import escape_terminal
from truthound._internal.options import Converted, option
from truthound._internal.text import plural, shorten
from truthound.checkpoint.actions import mentions
from truthound.checkpoint.actions.channel import Channel, success, summarize_sent
from truthound.checkpoint.actions.channel_options import SecretUrl, config_of
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.message_template import Template, render_link, render_text, template_error
from truthound.checkpoint.actions.response import NOT_ACCEPTED, ResponseCheck
from truthound.checkpoint.actions.teams_cards import (
    AdaptiveCardBuilder,
    MessageTheme,
    Version,
    parse_person,
    preserve_macros,
    remove_invalid_links,
)
from truthound.errors import ActionError, ConfigError, TransientDeliveryError
from truthound.io import http_client
from truthound.io.flow import Flow
from truthound.io.request import encode_json
from truthound.reporters import message as messages
from truthound.reporters.chat_markup import Markup
from truthound.reporters.message import Message, fit_to_limits
from truthound.results import ActionResult, CheckpointResult, CheckpointStatus

_MAX_BYTES = 28_000  # "approximately 28 KB", for the message as a whole
_MAX_PEOPLE, _MENTION_BYTES = 30, 8000
"""people, and bytes of a card, that the mentions of an option may take"""
_CONNECTOR_HOSTS = (".webhook.office.com", "outlook.office.com", "outlook.office365.com")
_CONNECTOR_RESPONSE = ResponseCheck(body="1")
_MARKUP = Markup(escape, bold="**{}**", italic="_{}_", example="{}", newline="\n\n")
_THEMES = {
    CheckpointStatus.SUCCESS: MessageTheme.SUCCESS,
    CheckpointStatus.WARNING: MessageTheme.WARNING,
    CheckpointStatus.FAILURE: MessageTheme.FAILURE,
    CheckpointStatus.ERROR: MessageTheme.ERROR,
}

Person = tuple[str, str]
"""a name, which may be empty, and an id"""


def _as_tuple(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


def _check_people(people: tuple[str, ...] | bool) -> tuple[str, ...] | bool:
    if isinstance(people, bool):
        return people
    mentions.parseable(parse_person)(people)
    if len(people) > _MAX_PEOPLE:
        raise ValueError(f"{len(people)} people are too many for one message: at most {_MAX_PEOPLE}")
    return people


def _resolved_person(given: str) -> Person:
    """`parse_person`; mentions have no placeholders."""
    name, id_ = parse_person(given)
    if "{" in id_:
        raise ConfigError(f'"{given}" is not a person: a mention has no placeholders such as {{checkpoint_name}}')
    return name, id_


def _mentions_fit(people: Sequence[Person]) -> bool:
    return sum(len(encode_json([name or id_, id_])) * 2 for name, id_ in people) <= _MENTION_BYTES


def _check_builder(builder: AdaptiveCardBuilder | None) -> AdaptiveCardBuilder | None:
    if builder is None:
        return None
    card = builder.build()
    if not card["body"] and "actions" not in card:
        raise ValueError("the card is empty: add to it before it is given here; what is added later is not in it")
    if (size := len(encode_json(_body(card)))) > _MAX_BYTES:
        raise ValueError(f"the card is {size:,} bytes; Teams takes about {_MAX_BYTES:,}")
    for text in builder.iter_text():
        templates.check(preserve_macros(text))
    return builder.copy()


ThemeGiven = MessageTheme | Literal["default", "info", "success", "warning", "failure", "error", "critical"]


class TeamsNotification(Channel):
    """Sends one card a run to Microsoft Teams."""

    type: ClassVar[str] = "teams"
    service: ClassVar[str] = "Teams"
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {"webhook_url": ("TEAMS_WEBHOOK_URL",)}
    hints: ClassVar[Mapping[int, str]] = {
        401: "the URL's signature (sig) is not right: copy it again from the workflow",
        404: "the workflow or connector does not exist (any more): make a new one",
        410: "the connector is gone: make a workflow that posts to a channel when a webhook request is received",
        413: "the card is too large",
    }
    proof: ClassVar[ResponseCheck] = ResponseCheck(frozenset({202}))

    webhook_url: SecretUrl = option(default=None)
    """The URL of a workflow or of a legacy (Office 365) connector. Default: TEAMS_WEBHOOK_URL."""
    connector_type: Literal["auto", "workflows", "connector"] = "auto"
    """What the URL belongs to; auto: decided by its host."""
    channel: str | None = None
    """The channel's name, shown on the card. The workflow decides where the card is posted."""
    include_details: bool = True
    """Whether the issues are listed."""
    card_builder: SkipJsonSchema[Annotated[AdaptiveCardBuilder | None, AfterValidator(_check_builder)]] = None
    """Replaces the card; its texts may contain {checkpoint_name} and other placeholders."""
    theme: Converted[MessageTheme | None, ThemeGiven | None] = option(default=None)
    """The colour of the card's header. Default: by status."""
    mention_users: Converted[
        Annotated[tuple[str, ...], BeforeValidator(_as_tuple), AfterValidator(_check_people)], str | Sequence[str]
    ] = option(default=())
    """Whom to mention: mail addresses or Entra object ids, or `Name <address>`."""
    mention_on_failure: Converted[
        Annotated[bool | tuple[str, ...], BeforeValidator(_as_tuple), AfterValidator(_check_people)],
        bool | str | Sequence[str],
    ] = option(default=())
    """Whom to mention when the run failed or could not run; true: mention_users, and only then."""
    report_url: Template | None = Field(
        default=None, validate_default=False, validation_alias=AliasChoices("report_url", "dashboard_url")
    )
    """Where the report is, for a button; may contain {run_id} and other placeholders. Default: the page that update_docs
    published."""
    proxy: SecretUrl = option(default=None)
    """A proxy to send through. Default: HTTPS_PROXY and NO_PROXY of the environment."""
    verify_ssl: bool = Field(default=True, validation_alias=AliasChoices("verify_ssl", "ssl_verify"))
    """Whether the certificate is verified."""
    card_version: Version | None = None
    """The version of the card, at most 1.5. Default: the lowest that can show it."""
    custom_message: Template | None = None
    """A text above the issues; may contain {checkpoint_name} and other placeholders, and the Markdown of cards."""

    @model_validator(mode="after")
    def _check_card_options(self) -> Self:
        if self.card_builder is None:
            return self
        given = {o for o in self.model_fields_set if getattr(self, o) is not None}
        ignored: list[str] = [o for o in ("custom_message", "channel", "include_details") if o in given]
        shows_report = any("report_url" in t or "summary" in t for t in self.card_builder.iter_text())
        if "report_url" in given and not shows_report:
            ignored.append("report_url")
        if ignored:
            raise ValueError(
                f"card_builder is the whole card: {', '.join(ignored)} would not be seen; put it on the card "
                '(add_text, add_fact, add_action_button("Report", "{report_url}")) or leave it out'
            )
        return self

    def check(self) -> Iterator[str]:
        yield from super().check()
        for name in ("mention_users", "mention_on_failure"):
            people = getattr(self, name)
            yield from mentions.problems(name, () if isinstance(people, bool) else people, _resolved_person)

    def sanitized_for(self, result: CheckpointResult, run: ActionContext) -> tuple[Self, list[str]]:
        action, notes = super().sanitized_for(result, run)
        if self.card_builder is None:
            return action, notes
        values = messages.template_values(result, action.message(result, run))
        errors = (template_error(preserve_macros(text), values) for text in self.card_builder.iter_text())
        if error := next(filter(None, errors), ""):
            action = action.model_copy(update={"card_builder": None})
            notes = [*notes, f"card_builder: {self.redact_and_truncate(error, 300)}; the default card was sent"]
        return action, notes

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        message = self.message(result, run, self.custom_message or "", escape)
        body, note = self.payload(result, message), ""
        if self.card_builder is not None and (removed := self._custom_card(result, message)[1]):
            note = f"; {plural(removed, 'link')} of card_builder left out: not a valid URL"
        if not _fits(body):  # values of the run made the custom card too large
            body = self.model_copy(update={"card_builder": None}).payload(result, message)
            note = f"; card_builder made a card of more than {_MAX_BYTES // 1000} KB, so the default card was sent"
        proxy = self.proxy.get_secret_value() if self.proxy else None
        response = yield from self.post(self.webhook_url or "", body, run=run, verify=self.verify_ssl, proxy=proxy)
        skipped, details = mentions.describe_skipped_mentions(self._mentions(message.status)[1])
        sent = f"{summarize_sent(message)}{note}{skipped}"
        if self.is_connector:
            return success(f"posted to Teams: {sent}", response, **details)
        sent += "; the workflow's run history shows whether it was posted"
        return success(f"accepted by Teams: {sent}", response, posted="unknown", **details)

    @property
    def response_check(self) -> ResponseCheck:
        return _CONNECTOR_RESPONSE if self.is_connector else self.proof

    def unconfirmed_delivery(self, asked: http_client.Request, answer: http_client.Response, why: str) -> ActionError:
        """A connector responds with status 200 to errors too, and names them in the body."""
        error = super().unconfirmed_delivery(asked, answer, why)
        status = re.search("HTTP error (429|5..)", answer.text) if self.is_connector else None
        if status is None:
            return error
        error.uncertain = int(status[1]) not in NOT_ACCEPTED
        if error.uncertain and not asked.may_repeat:
            return error
        transient = TransientDeliveryError(str(error), status_code=answer.status)
        transient.uncertain = error.uncertain
        return transient

    @property
    def is_connector(self) -> bool:
        """Whether the URL is that of a legacy connector."""
        if self.connector_type != "auto":
            return self.connector_type == "connector"
        host = http_client.host(self.webhook_url.get_secret_value() if self.webhook_url else "")
        return host.endswith(_CONNECTOR_HOSTS)

    def payload(self, result: CheckpointResult, message: Message) -> dict[str, Any]:
        """The webhook's body, within Teams' limit; a custom card may exceed it."""
        return fit_to_limits(message, lambda m: _body(self._card(result, m)), _fits)

    def _card(self, result: CheckpointResult, message: Message) -> dict[str, Any]:
        mentioned, _ = self._mentions(message.status)
        if self.card_builder is not None:
            card, _ = self._custom_card(result, message)
            if len(card["body"]) > bool(mentioned) or "actions" in card:  # something besides the mentions is left
                return card
        builder = AdaptiveCardBuilder().add_header(escape(message.headline))
        _add_mentions(builder, mentioned)
        if message.note:
            builder.add_text(message.note)
        if message.error:
            builder.add_text(f"**Error:** {escape(message.error)}", color="attention")
        for text in _MARKUP.issues(message) if self.include_details else ():
            builder.add_text(text, spacing="small")
        builder.add_facts((escape(name), escape(value)) for name, value in message.facts)
        if self.channel:
            builder.add_fact("Channel", escape(shorten(self.channel, 100)))
        if message.link:
            builder.add_action_button("Open the report", message.link)
        return builder.build(self._theme(message), self.card_version) | {
            "fallbackText": escape_terminal(message.headline)
        }

    def _custom_card(self, result: CheckpointResult, message: Message) -> tuple[dict[str, Any], int]:
        """The card of card_builder with its placeholders rendered, and how many invalid links were removed from it."""
        builder = (self.card_builder or AdaptiveCardBuilder()).copy()
        _add_mentions(builder, self._mentions(message.status)[0])
        template = builder.build(self._theme(message), self.card_version)
        card: dict[str, Any] = _rendered(template, messages.template_values(result, message), escape)
        return card, remove_invalid_links(card)

    def _theme(self, message: Message) -> MessageTheme:
        return self.theme or _THEMES[message.status]

    def _mentions(self, status: CheckpointStatus) -> tuple[list[Person], list[str]]:
        """The people whom the message mentions, and the mentions that are skipped."""
        failed = status in mentions.FAILED
        if isinstance(self.mention_on_failure, bool):
            people = self.mention_users if failed or not self.mention_on_failure else ()
        else:
            people = (*self.mention_users, *(self.mention_on_failure if failed else ()))
        return mentions.select(people, _resolved_person, _mentions_fit)


TeamsConfig = config_of(TeamsNotification, "TeamsConfig")


def _body(card: dict[str, Any]) -> dict[str, Any]:
    content_type = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": content_type, "contentUrl": None, "content": card}]}


def _fits(body: dict[str, Any]) -> bool:
    return len(encode_json(body)) <= _MAX_BYTES


def _add_mentions(builder: AdaptiveCardBuilder, people: Sequence[Person]) -> None:
    marks = [builder.mention(id_, name) for name, id_ in people]
    if marks:
        builder.add_text(" ".join(marks))


def _rendered(value: Any, values: Mapping[str, Any], escaper: Callable[[str], str]) -> Any:
    """A card with its placeholders rendered. Links, names and labels of buttons are not Markdown."""
    match value:
        case str():
            return render_text(preserve_macros(value), values, escaper) if "{" in value else value
        case dict():
            plain = ("id", "altText", *(("title",) if str(value.get("type")).startswith("Action.") else ()))
            return {
                k: render_link(v, values)
                if k == "url"
                else _rendered(v, values, escape_terminal if k in plain else escaper)
                for k, v in value.items()
            }
        case list():
            return [_rendered(v, values, escaper) for v in value]
        case _:
            return value


__all__ = ["TeamsConfig", "TeamsNotification"]
