"""Microsoft Teams, through a Workflows webhook or a connector of old.

Limits: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from truthound._internal import templates
from truthound._internal.options import Converted, option
from truthound._internal.text import card as escape
from truthound._internal.text import plural, shorten, terminal
from truthound.checkpoint.actions import mentions
from truthound.checkpoint.actions.base import ActionContext, NotifyOn
from truthound.checkpoint.actions.cards import (
    AdaptiveCardBuilder,
    MessageTheme,
    Version,
    person,
    templated,
    without_dead_links,
)
from truthound.checkpoint.actions.channel import (
    NOT_TAKEN,
    Channel,
    ResponseCheck,
    SecretUrl,
    Template,
    config_of,
    encoded,
    failing,
    filled,
    linked,
    success,
    summarize_sent,
)
from truthound.errors import ActionError, ConfigError, TransientDeliveryError
from truthound.io import http_client
from truthound.io.flow import Flow
from truthound.reporters import message as messages
from truthound.reporters.message import Finding, Message, fit_to_limits
from truthound.results import ActionResult, CheckpointResult, CheckpointStatus

_LIMIT = 28_000  # "approximately 28 KB", for the message as a whole
_PEOPLE, _MENTIONED = 30, 8000
"""people, and bytes of a card, that an option's mentions may take"""
_CONNECTORS = (".webhook.office.com", "outlook.office.com", "outlook.office365.com")
_MARKS = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "🔵", "error": "⚠️"}
_CONNECTED = ResponseCheck(body="1")
_THEMES = {
    CheckpointStatus.SUCCESS: MessageTheme.SUCCESS,
    CheckpointStatus.WARNING: MessageTheme.WARNING,
    CheckpointStatus.FAILURE: MessageTheme.FAILURE,
    CheckpointStatus.ERROR: MessageTheme.ERROR,
}


def _several(told: Any) -> Any:
    return (told,) if isinstance(told, str) else told


def _people(listed: tuple[str, ...] | bool) -> tuple[str, ...] | bool:
    if isinstance(listed, bool):
        return listed
    mentions.readable(person)(listed)
    if len(listed) > _PEOPLE:
        raise ValueError(f"{len(listed)} people are too many for one message: at most {_PEOPLE}")
    return listed


def _somebody(told: str) -> tuple[str, str]:
    """A name and an id, as `person` has them; nothing in it may wait to be filled in."""
    name, known = person(told)
    if "{" in known:
        raise ConfigError(f'"{told}" is nobody: a mention knows no places such as {{checkpoint_name}}')
    return name, known


def _few(people: Sequence[tuple[str, str]]) -> bool:
    return sum(len(encoded([name or known, known])) * 2 for name, known in people) <= _MENTIONED


def _builder(built: AdaptiveCardBuilder | None) -> AdaptiveCardBuilder | None:
    if built is None:
        return None
    card = built.build()
    if not card["body"] and "actions" not in card:
        raise ValueError("the card is empty: add to it before it is given here; what is added later is not in it")
    if (size := len(encoded(_message(card)))) > _LIMIT:
        raise ValueError(f"the card is {size:,} bytes; Teams takes about {_LIMIT:,}")
    for text in built.iter_text():
        templates.check(templated(text))
    return built.copy()


ThemeGiven = MessageTheme | Literal["default", "info", "success", "warning", "failure", "error", "critical"]


class TeamsNotification(Channel):
    """Sends a card to Microsoft Teams, one a run."""

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
    """The URL of a workflow, or of a connector of old; TEAMS_WEBHOOK_URL, if not given."""
    connector_type: Literal["auto", "workflows", "connector"] = "auto"
    """What the URL belongs to; its host tells, if not given."""
    channel: str | None = None
    """The channel's name, shown on the card. Where it is posted the workflow decides."""
    include_details: bool = True
    """Whether the issues are listed."""
    card_builder: SkipJsonSchema[Annotated[AdaptiveCardBuilder | None, AfterValidator(_builder)]] = None
    """A card of your own; its texts may hold {checkpoint_name} and the like."""
    theme: Converted[MessageTheme | None, ThemeGiven | None] = option(default=None)
    """The colour of its header; the status decides, if not given."""
    mention_users: Converted[
        Annotated[tuple[str, ...], BeforeValidator(_several), AfterValidator(_people)], str | Sequence[str]
    ] = option(default=())
    """Whom to mention: mail addresses or Entra object ids, or `Name <address>`."""
    mention_on_failure: Converted[
        Annotated[bool | tuple[str, ...], BeforeValidator(_several), AfterValidator(_people)],
        bool | str | Sequence[str],
    ] = option(default=())
    """Whom to mention when the run failed or could not be made; true: mention_users, and only then."""
    report_url: Template | None = Field(
        default=None, validate_default=False, validation_alias=AliasChoices("report_url", "dashboard_url")
    )
    """Where the report is, for a button; may hold {run_id} and the like. Not given: the page that update_docs published."""
    proxy: SecretUrl = option(default=None)
    """A proxy to send through; HTTPS_PROXY and NO_PROXY of the environment, if not given."""
    verify_ssl: bool = Field(default=True, validation_alias=AliasChoices("verify_ssl", "ssl_verify"))
    """Whether the certificate is checked."""
    card_version: Version | None = None
    """The version of the card, at most 1.5; the lowest that can show it, if not given."""
    custom_message: Template | None = None
    """A text of yours above the facts; may hold {checkpoint_name} and the like, and the Markdown of cards."""

    @model_validator(mode="after")
    def _one_card(self) -> Self:
        if self.card_builder is None:
            return self
        ignored = [o for o in ("custom_message", "channel", "include_details") if self._is_given(o)]
        if self._is_given("report_url") and not any(
            "report_url" in t or "summary" in t for t in self.card_builder.iter_text()
        ):
            ignored.append("report_url")
        if ignored:
            raise ValueError(
                f"card_builder is the whole card: {', '.join(ignored)} would not be seen; put it on the card "
                '(add_text, add_fact, add_action_button("Report", "{report_url}")) or leave it out'
            )
        return self

    def _is_given(self, option: str) -> bool:
        return option in self.model_fields_set and getattr(self, option) is not None

    def check(self) -> Iterator[str]:
        yield from super().check()
        for name in ("mention_users", "mention_on_failure"):
            told = getattr(self, name)
            yield from mentions.problems(name, () if isinstance(told, bool) else told, _somebody)

    def sanitized_for(self, result: CheckpointResult, run: ActionContext) -> tuple[Self, list[str]]:
        made, notes = super().sanitized_for(result, run)
        values = messages.template_values(result, made.message(result, run))
        listed = (failing(templated(t), values) for t in (self.card_builder.iter_text() if self.card_builder else ()))
        if why := next(filter(None, listed), ""):
            made = made.model_copy(update={"card_builder": None})
            notes = [*notes, f"card_builder: {self.redact_and_truncate(why, 300)}; our own card was sent"]
        return made, notes

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        message = self.message(result, run, self.custom_message or "", escape)
        body, said = self.payload(result, message), ""
        if self.card_builder is not None and (dead := self._own_card(result, message)[1]):
            said = f"; {plural(dead, 'link')} of your own card left out, which came to no address"
        if not _fits(body):  # a card of the user's own that data made too large
            body = self.model_copy(update={"card_builder": None}).payload(result, message)
            said = f"; your own card came to more than {_LIMIT // 1000} KB, so ours was sent"
        proxy = self.proxy.get_secret_value() if self.proxy else None
        answer = yield from self.post(self.webhook_url or "", body, run=run, verify=self.verify_ssl, proxy=proxy)
        left, details = mentions.describe_skipped_mentions(self._mentioned(message.status)[1])
        said += left
        if self.is_connector:
            return success(f"posted to Teams: {summarize_sent(message)}{said}", answer, **details)
        note = "; whether it was posted, the workflow's run history tells"
        return success(f"accepted by Teams: {summarize_sent(message)}{said}{note}", answer, posted="unknown", **details)

    @property
    def response_check(self) -> ResponseCheck:
        return _CONNECTED if self.is_connector else self.proof

    def unconfirmed_delivery(self, asked: http_client.Request, answer: http_client.Response, why: str) -> ActionError:
        """A connector answers 200 with `1`, or 200 with what went wrong."""
        error = super().unconfirmed_delivery(asked, answer, why)
        told = re.search("HTTP error (429|5..)", answer.text) if self.is_connector else None
        if told is None:
            return error
        error.uncertain = int(told[1]) not in NOT_TAKEN
        if error.uncertain and not asked.may_repeat:
            return error
        passing = TransientDeliveryError(str(error), status_code=answer.status)
        passing.uncertain = error.uncertain
        return passing

    @property
    def is_connector(self) -> bool:
        """Whether the URL is that of a connector of old."""
        if self.connector_type != "auto":
            return self.connector_type == "connector"
        host = http_client.host(self.webhook_url.get_secret_value() if self.webhook_url else "")
        return host.endswith(_CONNECTORS)

    def payload(self, result: CheckpointResult, message: Message) -> dict[str, Any]:
        """The webhook's body, within Teams' limit unless data make a card of the user's own too large."""
        return fit_to_limits(message, lambda m: _message(self._card(result, m)), _fits)

    def _card(self, result: CheckpointResult, message: Message) -> dict[str, Any]:
        mentioned, _ = self._mentioned(message.status)
        if self.card_builder is not None:
            own, _ = self._own_card(result, message)
            if len(own["body"]) > bool(mentioned) or "actions" in own:  # those who are mentioned are no news
                return own
        theme = self.theme or _THEMES[message.status]
        made = AdaptiveCardBuilder().add_header(escape(message.headline))
        _mention(made, mentioned)
        if message.note:
            made.add_text(message.note)
        if message.error:
            made.add_text(f"**Error:** {escape(message.error)}", color="attention")
        if self.include_details:
            for text in self._listed(message):
                made.add_text(text, spacing="small")
        made.add_facts((escape(name), escape(said)) for name, said in message.facts)
        if self.channel:
            made.add_fact("Channel", escape(shorten(self.channel, 100)))
        if message.link and not http_client.check_url(message.link):  # Teams does not show a card with a wrong one
            made.add_action_button("Open the report", message.link)
        return made.build(theme, self.card_version) | {"fallbackText": terminal(message.headline)}

    def _own_card(self, result: CheckpointResult, message: Message) -> tuple[dict[str, Any], int]:
        """The user's own card, filled in, and how many of its links came to no address and are not on it."""
        built = (self.card_builder or AdaptiveCardBuilder()).copy()
        _mention(built, self._mentioned(message.status)[0])
        theme = self.theme or _THEMES[message.status]
        card: dict[str, Any] = _filled(
            built.build(theme, self.card_version), messages.template_values(result, message), escape
        )
        return card, without_dead_links(card)

    def _listed(self, message: Message) -> Iterator[str]:
        yield from (_finding(f) for f in message.findings)
        if message.omitted_line:
            yield f"_{message.omitted_line}_"
        yield from (f"✅ fixed: {escape(f)}" for f in message.fixed)
        yield from (f"⚠️ not delivered: {escape(u)}" for u in message.undelivered)

    def _mentioned(self, status: CheckpointStatus) -> tuple[list[tuple[str, str]], list[str]]:
        """The people whom the message mentions, and who cannot be mentioned."""
        failed = status in (CheckpointStatus.FAILURE, CheckpointStatus.ERROR)
        if isinstance(self.mention_on_failure, bool):
            listed = self.mention_users if failed or not self.mention_on_failure else ()
        else:
            listed = (*self.mention_users, *(self.mention_on_failure if failed else ()))
        return mentions.chosen(listed, _somebody, _few)


TeamsConfig = config_of(TeamsNotification, "TeamsConfig")


def create_teams_notification(webhook_url: str | None = None, **options: Any) -> TeamsNotification:
    """A notification; `TeamsNotification` with the URL as its first argument."""
    return TeamsNotification(webhook_url=webhook_url, **options)


def create_failure_alert(
    webhook_url: str | None = None,
    mention_users: Sequence[str] = (),
    notify_on: NotifyOn = "failure_or_error",
    theme: MessageTheme = MessageTheme.CRITICAL,
    **options: Any,
) -> TeamsNotification:
    """A notification of runs that failed or could not be made, which mentions these people."""
    return TeamsNotification(
        webhook_url=webhook_url, mention_users=tuple(mention_users), notify_on=notify_on, theme=theme, **options
    )


def _message(card: dict[str, Any]) -> dict[str, Any]:
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}


def _fits(body: dict[str, Any]) -> bool:
    return len(encoded(body)) <= _LIMIT


def _mention(card: AdaptiveCardBuilder, people: Sequence[tuple[str, str]]) -> None:
    marks = [card.mention(address, name) for name, address in people]
    if marks:
        card.add_text(" ".join(marks))


def _finding(finding: Finding) -> str:
    parts = [f"{_MARKS.get(finding.severity, '•')} **{escape(finding.subject)}**", escape(finding.expected)]
    parts += [f"**{escape(finding.amount)}**"] if finding.amount else []
    parts += [f"_{escape(finding.change)}_"] if finding.change else []
    return "\n\n".join(["  ".join(parts), *(escape(e) for e in finding.examples)])


def _filled(value: Any, values: Mapping[str, Any], how: Callable[[str], str]) -> Any:
    """A card with its texts filled in. Links, names and what stands on a button are no Markdown."""
    match value:
        case str():
            return filled(templated(value), values, how) if "{" in value else value
        case dict():
            plain = ("id", "altText", *(("title",) if str(value.get("type")).startswith("Action.") else ()))
            return {
                k: linked(v, values) if k == "url" else _filled(v, values, terminal if k in plain else how)
                for k, v in value.items()
            }
        case list():
            return [_filled(v, values, how) for v in value]
        case _:
            return value


__all__ = ["TeamsConfig", "TeamsNotification", "create_failure_alert", "create_teams_notification"]
