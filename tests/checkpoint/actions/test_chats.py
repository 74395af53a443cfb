import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.loopback import serving
from helpers.made_results import FAILING, failed_result, passed_result
from truthound.checkpoint.actions import ActionStatus, GoogleChatNotification, MattermostNotification
from truthound.errors import ConfigError

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(autouse=True)
def _direct(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "MATTERMOST_WEBHOOK_URL", "GOOGLE_CHAT_WEBHOOK_URL"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


PATHS = {MattermostNotification: "/hooks/x", GoogleChatNotification: "/v1/spaces/x/messages"}


@pytest.fixture(params=[MattermostNotification, GoogleChatNotification], ids=lambda c: c.type)
def chat(request):
    return request.param


def test_the_payload_is_that_of_the_golden_file(chat):
    with serving() as server:
        action = chat(
            webhook_url=server.url + PATHS[chat], report_url="https://example.com/{run_id}", include_examples=True
        )
        assert action.execute(FAILING).status is ActionStatus.SUCCESS
    found = json.dumps(server.got[0].json, indent=1, ensure_ascii=False) + "\n"
    path = GOLDEN / f"{chat.type}.json"
    if os.environ.get("TRUTHOUND_WRITE_GOLDEN") == "1":
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


def test_options(chat, monkeypatch):
    with serving() as server:
        monkeypatch.setenv(chat.variables["url"][0], server.url + PATHS[chat])
        assert chat().execute(passed_result()).status is ActionStatus.SKIPPED
        assert chat(payload_template={"text": "{status}"}).execute(FAILING).status is ActionStatus.SUCCESS
    assert [s.json for s in server.got] == [{"text": "failure"}]


def test_nobody_is_mentioned(chat):
    hostile = "@channel <users/all> @here ~town #tag"
    with serving() as server:
        chat(url=server.url).execute(failed_result(checkpoint_name=hostile))
        chat(url=server.url).execute(replace(failed_result(), validation_result=None, error=hostile))
    for sent in server.got:
        text = sent.json["text"]
        assert "channel" in text
        assert not re.search(r"@channel|@here|(?<!\\)<users", text)


def test_chats_do_not_take_include_full_result(chat):
    with pytest.raises(ConfigError, match="include_full_result: unknown key"):
        chat(url="https://example.com/x", include_full_result=True)
