"""Whatever stands in the options and in the data, what is sent is within the service's limits."""

from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from helpers.limits import beyond
from helpers.made_results import FAILING, UNREADABLE, outcome, run
from truthound.checkpoint import actions
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.discord import EmbedField
from truthound.checkpoint.actions.pagerduty import Link
from truthound.checkpoint.delivery import run_stages
from truthound.io import flow
from truthound.results import ActionResult, ActionStatus, CheckStatus, Example

HTTP = "https://example.com/x"
PIECES = (
    "&", "<", ">", '"', "\\", "*", "_", "`", "~", "[", "]", "(", ")", "|", "#", "@", ":", "- ", "\n", " ", "\u00a0", "x", "é",
    "\U0001f600", "\u202e", "\u200b", "\x00", "\x1b", "\ud800", "@everyone ", "<!here> ", "&amp;", "\u0645",
)  # fmt: skip
PLACES = st.sampled_from(("", "{checkpoint_name}", "{summary}", "{error}{source}" * 10))
TEXTS = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from((1, 24, 150, 511, 5000))), max_size=3).map(
    lambda parts: "".join(piece * times for piece, times in parts)
)
TEMPLATES = st.builds(str.__add__, TEXTS, PLACES)
PEOPLE = st.lists(
    TEXTS | st.from_regex(r"[A-Z]\w{4,19}|\d{5,20}|\w{1,300} <\w{1,50}@x\.de>", fullmatch=True), max_size=50
)

# name -> an action, the options that take any text, and those that take a list of them
CHANNELS = {
    "slack": (actions.SlackNotification(webhook_url=HTTP), ("channel", "username", "icon_emoji", "custom_message"), ("mention_on_failure",)),
    "discord": (
        actions.DiscordNotification(webhook_url=HTTP),
        ("username", "avatar_url", "embed_title", "embed_description", "thread_name", "custom_message"),
        ("include_mentions", "mention_role_ids", "mention_user_ids"),
    ),
    "teams": (actions.TeamsNotification(webhook_url=HTTP), ("channel", "custom_message"), ("mention_users", "mention_on_failure")),
    "telegram": (actions.TelegramNotification(bot_token="1:x", chat_id="1", parse_mode="HTML"), ("message_template",), ()),
    "telegram_photo": (
        actions.TelegramNotificationWithPhoto(bot_token="1:x", chat_id="1", photo_url=HTTP, parse_mode="Markdown"), ("caption",), (),
    ),
    "pagerduty": (
        actions.PagerDutyAction(routing_key="k"),
        ("component", "group", "class_type", "client", "client_url", "dedup_key_template", "custom_details", "links"), (),
    ),
    "opsgenie": (
        actions.OpsGenieAction(api_key="k", wait_for_outcome=False, escalation_policy="night"),
        ("source", "entity", "alias_template", "custom_details"), ("tags",),
    ),
    "mattermost": (actions.MattermostNotification(url=HTTP), (), ()),
    "google_chat": (actions.GoogleChatNotification(url=HTTP), (), ()),
    "webhook": (actions.WebhookAction(url=HTTP), (), ()),
    "sendgrid": (
        actions.EmailNotification(provider="sendgrid", api_key="k", from_address="a@example.com", to_addresses="b@example.com"),
        ("subject", "custom_message"), (),
    ),
}  # fmt: skip


def made(option, text):
    """A text as the value of an option."""
    if option == "custom_details":
        return {"a": text, text[:100]: text}
    if option == "links":
        return (Link(href=HTTP, text=text),) * 20
    return text


@st.composite
def results(draw):
    """A failed run, each of its names and texts any text."""
    text = lambda: draw(TEXTS)  # noqa: E731 short
    issue = outcome(
        text(), text(), CheckStatus.FAILED, severity=draw(st.sampled_from(FAILING.issues)).severity, failed=1, total=2,
        expected=text(), examples=(Example(1, {text(): text()}),),
    )  # fmt: skip
    several = draw(st.sampled_from((1, 30)))
    base = draw(st.sampled_from((replace(UNREADABLE, error=text()), run(*[issue] * several))))
    if base.validation_result:
        base = replace(base, validation_result=replace(base.validation_result, source=text()))
    return replace(
        base,
        checkpoint_name=text(),
        run_id=text(),
        metadata={"tags": {text(): text() for _ in range(3)}, "report_url": text()},
        action_results=[ActionResult(ActionStatus.FAILURE, text(), "x", text())],
    )


@pytest.mark.parametrize("channel", CHANNELS)
@settings(max_examples=15, phases=[Phase.reuse, Phase.generate])
@given(st.data())
def test_what_is_sent_is_within_the_limits(channel, data):
    action, texts, lists = CHANNELS[channel]
    result = data.draw(results())
    options = {o: made(o, data.draw(TEMPLATES, o)) for o in texts if data.draw(st.booleans())}
    options |= {
        o: tuple(data.draw(PEOPLE, o)[: 20 if o == "tags" else None]) for o in lists if data.draw(st.booleans())
    }
    if channel == "discord" and data.draw(st.booleans()):
        fields = (
            EmbedField(name="x", value="y").model_copy(
                update={"name": data.draw(TEMPLATES), "value": data.draw(TEMPLATES)}
            ),
        )
        options["embed_fields"] = fields * 25
    sent = []

    def send(request):
        sent.append(request.content)
        return action.response_check.example({"ok": True, "id": "1", "name": "1", "requestId": "1"})

    # as variables fill them in: nothing has looked at how long they are
    filled = action.model_copy(update={"include_examples": True, **options})
    found = flow.run(run_stages(filled, result, ActionContext()), send=send)
    assert found.status is ActionStatus.SUCCESS, found
    assert len(sent) == 1
    assert beyond(channel, sent[0]) == []
