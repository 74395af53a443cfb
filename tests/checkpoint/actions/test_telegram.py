import io
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.hostile import many_issues
from helpers.loopback import Answer, serving
from helpers.made_results import FAILING, HISTORY, UNREADABLE, passed_result
from helpers.support import need
from truthound.checkpoint import Checkpoint
from truthound.checkpoint.actions import (
    Action,
    ActionContext,
    ActionStatus,
    StoreValidationResult,
    TelegramConfig,
    TelegramNotification,
    TelegramNotificationWithPhoto,
)
from truthound.checkpoint.actions.base import ActionResult
from truthound.checkpoint.delivery import run_stages
from truthound.errors import ConfigError
from truthound.io import flow

GOLDEN = Path(__file__).parent / "golden" / "telegram.json"
TOKEN = "123456:s3cr3tT0kenValue0123456789"
PHOTO = {"photo_url": "https://example.com/chart.png"}


@pytest.fixture(autouse=True)
def _direct(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def sent(result=FAILING, answers=(), kind=TelegramNotification, run=None, by=None, **options):
    """All requests, and the outcome."""
    with serving(*answers, by=by) as server:
        given = {"bot_token": TOKEN, "chat_id": "-1001234567890", "notify_on": "always", "api_url": server.url}
        outcome = kind(**{**given, "retry_count": 0, **options}).execute(result, run or ActionContext())
    return server.got, outcome


def text(result=FAILING, **options):
    got, outcome = sent(result, **options)
    assert outcome.status is ActionStatus.SUCCESS, outcome
    return got[-1].json["text"]


def test_what_is_sent():
    got, outcome = sent(run=ActionContext(previous=HISTORY[-1]), report_url="https://example.com/{run_id}")
    assert outcome.status is ActionStatus.SUCCESS, outcome
    assert (outcome.message, outcome.details["message_id"]) == ("sent to Telegram: 4 issues", 7)
    assert got[0].path == f"/bot{TOKEN}/sendMessage"
    if os.environ.get("TRUTHOUND_WRITE_GOLDEN") == "1":
        GOLDEN.write_text(json.dumps(got[0].json, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert got[0].json == json.loads(GOLDEN.read_text(encoding="utf-8"))


DOCUMENT = '''
from truthound.checkpoint.actions import (
    TelegramNotification,
    TelegramConfig,
    TelegramNotificationWithPhoto,
)

# Basic text notification
action = TelegramNotification(
    bot_token="${TELEGRAM_BOT_TOKEN}",
    chat_id="-1001234567890",  # Channel/group ID
    notify_on="failure",
    parse_mode="Markdown",  # or "HTML"
)
basic = action

# With photo (e.g., chart screenshot)
action = TelegramNotificationWithPhoto(
    bot_token="...",
    chat_id="...",
    photo_url="https://example.com/chart.png",
    caption="Data quality trend chart",
)
photo = action

# Custom message template
action = TelegramNotification(
    bot_token="...",
    chat_id="...",
    message_template="""
🚨 *Data Quality Alert*

Dataset: `{checkpoint_name}`
Status: {status}
Issues: {issue_count}

[View Report]({report_url})
""",
)
'''


def test_the_documents_blocks(monkeypatch):
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    scope = {}
    exec(DOCUMENT, scope)
    with serving() as server:
        own = {"bot_token": TOKEN, "chat_id": "-1", "api_url": server.url}
        for name, changed in (("basic", {"api_url": server.url}), ("photo", own), ("action", own)):
            given = {k: getattr(scope[name], k) for k in scope[name].model_fields_set} | changed
            outcome = type(scope[name])(**given).execute(replace(FAILING, checkpoint_name="daily_users"))
            assert outcome.status is ActionStatus.SUCCESS, outcome
    basic, photo, custom = server.got
    assert "<b>daily_users: FAILED</b>" in basic.json["text"]
    assert photo.path.endswith("/sendPhoto")
    assert (photo.json["photo"], photo.json["caption"]) == (PHOTO["photo_url"], "Data quality trend chart")
    assert custom.json["parse_mode"] == "Markdown"
    assert "*Data Quality Alert*\n\nDataset: `daily_users`\nStatus: failure\nIssues: 4\n" in custom.json["text"]


def test_data_mention_nobody_and_have_no_markup():
    said = text(replace(FAILING, checkpoint_name="@everyone <b>x</b>"))
    assert "@\u200beveryone &lt;b&gt;x&lt;/b&gt;: FAILED" in said
    assert "@everyone" not in text(
        replace(FAILING, checkpoint_name="@everyone"), message_template="{checkpoint_name}", parse_mode="html"
    )


@pytest.mark.parametrize("count", [1, 30, 1000])
def test_within_limits(count):
    result = many_issues(count)
    for options in (
        {},
        {"message_template": "{summary}"},
        {"message_template": "{summary}", "parse_mode": "MarkdownV2"},
    ):
        said = text(result, include_examples=True, **options)
        assert len(said) > 100
        if not options:
            assert len(said.encode("utf-16-le", "replace")) // 2 < 4096 * 2
    got, _ = sent(result, kind=TelegramNotificationWithPhoto, **PHOTO)
    assert len(got[0].json["caption"]) < 1024 * 2


def test_emoji_count_twice():
    said = text(message_template="😀" * 3000 + "{status}")
    assert len(said) <= 2049
    assert said.endswith("…")


def test_marks_do_not_count():
    long = "<b></b>" * 1000 + "{status}"
    assert text(message_template=long, parse_mode="HTML") == "<b></b>" * 1000 + "failure"


def test_a_template_that_telegram_cannot_read_goes_as_plain_text():
    no = Answer(400, {"ok": False, "description": "Bad Request: can't parse entities: Can't find end of the entity"})
    got, outcome = sent(answers=(no, Answer()), message_template="*{checkpoint_name}")
    assert outcome.status is ActionStatus.SUCCESS
    assert "as plain text, because the Markdown of the template cannot be parsed" in outcome.message
    assert got[1].json["text"] == "*users"
    assert "parse_mode" not in got[1].json
    assert len(sent(answers=(no, Answer()))[0]) == 1


def test_an_empty_text_is_replaced_by_the_default():
    (request,), outcome = sent(message_template="{error}")
    assert request.json["text"].startswith("❌ <b>users: FAILED</b>")
    assert request.json["parse_mode"] == "HTML"
    assert outcome.status is ActionStatus.SUCCESS
    assert "the template renders to an empty text" in outcome.message


def test_options_of_the_api():
    (request,), _ = sent(disable_notification=True, message_thread_id=5, reply_to_message_id=6, chat_id=-5)
    body = request.json
    assert (body["disable_notification"], body["message_thread_id"], body["chat_id"]) == (True, 5, "-5")
    assert body["reply_parameters"] == {"message_id": 6, "allow_sending_without_reply": True}


def test_it_waits_as_long_as_telegram_says():
    waits = []
    slow = Answer(429, {"ok": False, "description": "Too Many Requests", "parameters": {"retry_after": 14}})
    with serving(slow, Answer()) as server:
        action = TelegramNotification(bot_token=TOKEN, chat_id="1", api_url=server.url, retry_delay_seconds=0)
        outcome = flow.run(run_stages(action, FAILING, ActionContext()), sleep=waits.append)
    assert outcome.status is ActionStatus.SUCCESS
    assert waits == [14]


def test_a_group_that_moved():
    moved = Answer(400, {"ok": False, "description": "upgraded", "parameters": {"migrate_to_chat_id": -100123}})
    assert "chat_id is now -100123" in sent(answers=(moved,))[1].message


def test_the_environment(monkeypatch):
    assert len(TelegramNotification().problems({})) == 2
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("TELEGRAM_CHAT_ID", "@channel")
    (request,), outcome = sent(bot_token=None, chat_id=None)
    assert outcome.status is ActionStatus.SUCCESS
    assert request.json["chat_id"] == "@channel"
    assert TelegramNotification().problems(dict(os.environ)) == []
    said = TelegramNotification(bot_token="secretish/x", chat_id="a chat").problems({})
    assert [s.partition(":")[0] for s in said] == ["bot_token", "chat_id"]
    assert "secretish" not in str(said)


def test_a_config_for_several():
    config = TelegramConfig(bot_token=TOKEN, chat_id=5, parse_mode="markdownv2")
    made = TelegramNotification(config=config, notify_on="always")
    assert (made.chat_id, made.parse_mode, made.notify_on) == ("5", "MarkdownV2", "always")
    assert TelegramNotificationWithPhoto(config=config, **PHOTO).chat_id == "5"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"parse_mode": "MD"}, "parse_mode"),
        ({"message_template": "{checkpont_name}"}, 'did you mean "checkpoint_name"'),
        ({"reply_to_message_id": 0}, "reply_to_message_id"),
        ({**PHOTO, "photo_path": "a.png"}, "give photo_url or photo_path, not both"),
        ({"caption": "a", "message_template": "b"}, "give caption or message_template, not both"),
        ({"photo_url": "ftp://x"}, "https://"),
    ],
)
def test_mistakes(options, said):
    with pytest.raises(ConfigError) as error:
        TelegramNotificationWithPhoto(**options)
    assert said in str(error.value)


# --- photos -----------------------------------------------------------------------------------------------------------


def picture(request):
    from PIL import Image

    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    begin = request.body.index(b'name="photo"; filename="photo"')
    start = request.body.index(b"\r\n\r\n", begin) + 4
    return Image.open(io.BytesIO(request.body[start : request.body.rindex(b"\r\n--")]))


def test_a_photo_of_a_file(tmp_path):
    from PIL import Image

    Image.new("RGB", (30, 20), "red").save(tmp_path / "chart.png")
    (request,), outcome = sent(
        kind=TelegramNotificationWithPhoto,
        photo_path="chart.png",
        caption="Is {status} *now*",
        run=ActionContext(base=tmp_path),
    )
    assert outcome.status is ActionStatus.SUCCESS, outcome
    assert picture(request).size == (30, 20)
    assert b'name="caption"\r\n\r\nIs failure *now*\r\n' in request.body
    assert b'name="parse_mode"\r\n\r\nMarkdown\r\n' in request.body


def test_a_chart_where_no_photo_is_given():
    need(bool(pytest.importorskip("PIL")), "pillow is not installed")
    (request,), outcome = sent(
        kind=TelegramNotificationWithPhoto, run=ActionContext(history=lambda: [*HISTORY, UNREADABLE])
    )
    assert outcome.message == "sent to Telegram: 4 issues"
    assert picture(request).format == "PNG"


def test_without_pillow(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    action = TelegramNotificationWithPhoto(bot_token=TOKEN, chat_id="1")
    assert "pip install 'truthound[chart]'" in action.problems({})[0]
    assert TelegramNotificationWithPhoto(bot_token=TOKEN, chat_id="1", **PHOTO).problems({}) == []
    (request,), outcome = sent(kind=TelegramNotificationWithPhoto)
    assert request.path.endswith("/sendMessage")
    assert "without the photo: the package pillow" in outcome.message


@pytest.mark.parametrize("no", [
    Answer(400, {"ok": False, "description": "Bad Request: failed to get HTTP URL content"}),
    Answer(413, b""),
])  # fmt: skip
def test_the_message_is_sent_without_a_refused_photo(no):
    by = lambda request: no if "sendPhoto" in request.path else Answer()  # noqa: E731 short
    got, outcome = sent(kind=TelegramNotificationWithPhoto, by=by, **PHOTO)
    assert [r.path.rpartition("/")[2] for r in got] == ["sendPhoto", "sendMessage"]
    assert outcome.status is ActionStatus.SUCCESS
    assert "without the photo: " in outcome.message
    assert TOKEN not in repr(outcome)


def test_the_message_is_sent_without_a_missing_photo(tmp_path):
    (request,), outcome = sent(
        kind=TelegramNotificationWithPhoto, photo_path="no.png", run=ActionContext(base=tmp_path)
    )
    assert "No such file" in outcome.message
    assert "users: FAILED" in request.json["text"]


def test_a_chat_that_is_not_found_is_a_failure():
    no = Answer(400, {"ok": False, "description": "Bad Request: chat not found"})
    got, outcome = sent(kind=TelegramNotificationWithPhoto, answers=(no,), **PHOTO)
    assert outcome.status is ActionStatus.FAILURE
    assert len(got) == 1


def test_actions_know_the_runs_before(tmp_path):
    seen = []

    class Looks(Action):
        def deliver(self, result, run):
            seen.append(([r.run_id for r in run.history()], result.run_id, run.previous and run.previous.run_id))
            return ActionResult(ActionStatus.SUCCESS)
            yield

    checkpoint = Checkpoint(
        "users", {"a": [1]}, ["null"], actions=[StoreValidationResult(store_path="r"), Looks()], base=tmp_path
    )
    made = [checkpoint.run().run_id for _ in range(3)]
    assert [own for _, own, _ in seen] == made
    assert seen[0][0] == []
    assert set(seen[2][0]) == set(made[:2])
    assert made[2] not in seen[2][0]


def test_nothing_is_sent_on_success():
    assert sent(passed_result(), notify_on="failure")[1].status is ActionStatus.SKIPPED
