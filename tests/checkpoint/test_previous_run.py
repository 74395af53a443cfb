"""Earlier runs are only nice to know: a store that does not answer holds up neither the check nor an alert."""

import asyncio
import socket
import threading
import time
from contextlib import contextmanager

import pytest

from helpers.loopback import serving
from helpers.made_results import HISTORY
from truthound.checkpoint import AsyncCheckpoint, Checkpoint, checkpoint
from truthound.checkpoint.actions import CustomAction, SlackNotification, StoreValidationResult, context
from truthound.cli.main import main
from truthound.io import flow

DATA = {"id": [1, None]}


@contextmanager
def dead_bucket(monkeypatch):
    """A server of S3 that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        for name, value in {
            "ENDPOINT_URL": f"http://127.0.0.1:{server.getsockname()[1]}", "ACCESS_KEY_ID": "k", "SECRET_ACCESS_KEY": "s",
            "REGION": "us-east-1",
        }.items():  # fmt: skip
            monkeypatch.setenv(f"AWS_{name}", value)
        yield


@pytest.fixture
def slow(monkeypatch):
    """Reading stored runs waits for this; a tenth of a second is all the time there is."""
    release = threading.Event()
    monkeypatch.setattr(checkpoint, "LOOK_BACK", 0.1)
    monkeypatch.setattr(context, "LOOK_BACK", 0.1)
    monkeypatch.setattr(checkpoint, "load_results", lambda *_, **__: release.wait(60) and HISTORY)
    yield release
    release.set()


def store(tmp_path):
    return StoreValidationResult(store_path=str(tmp_path))


@pytest.mark.parametrize("face", ["thread", "loop"])
def test_a_store_that_does_not_answer_holds_nobody_up(slow, tmp_path, face):
    seen = []
    told = CustomAction(callback=lambda result: seen.append((result.status.value, slow.is_set())))
    options = {
        "name": "users",
        "data_source": DATA,
        "validators": ["null"],
        "fail_on": "low",
        "actions": [told, store(tmp_path)],
    }
    result = Checkpoint(**options).run() if face == "thread" else asyncio.run(AsyncCheckpoint(**options).run_async())
    assert seen == [("failure", False)]
    assert "could not be read: not done within 0.1 s" in result.metadata["earlier_runs"]
    assert [a.status.value for a in result.action_results] == ["success", "success"]


def test_runs_that_are_read_in_time_are_known(tmp_path):
    seen = []
    checkpoint = Checkpoint(
        name="users", data_source=DATA, validators=["null"],
        actions=[CustomAction(callback=lambda r: None, notify_on="on_change"), store(tmp_path)],
    )  # fmt: skip
    for _ in range(2):
        result = Checkpoint(config=checkpoint.config).run()
        seen.append(result.action_results[0].status.value)
        assert "earlier_runs" not in result.metadata
    assert seen == ["success", "skipped"]


def test_a_store_that_cannot_be_read_is_told_of(tmp_path):
    (tmp_path / "file").write_text("")
    result = Checkpoint(name="u", data_source=DATA, validators=["null"], actions=[store(tmp_path / "file")]).run()
    assert "could not be read: cannot list" in result.metadata["earlier_runs"]


def test_a_chart_waits_no_longer_than_that(slow):
    assert flow.run(context.look_back(context.ActionContext(history=lambda: slow.wait(60) and HISTORY))) == ()
    assert flow.run(context.look_back(context.ActionContext(history=lambda: HISTORY))) == tuple(HISTORY)


def test_slack_is_told_at_once_when_the_bucket_is_dead(monkeypatch):
    monkeypatch.setattr(checkpoint, "LOOK_BACK", 0.1)
    with dead_bucket(monkeypatch), serving() as server:
        began, told = time.monotonic(), []
        actions = [
            SlackNotification(webhook_url=server.url, notify_on="always"),
            CustomAction(callback=lambda _: told.append(time.monotonic() - began)),
            StoreValidationResult(store_path="s3://bucket/x", timeout_seconds=0.1),
        ]
        result = Checkpoint(name="users", data_source=DATA, validators=["null"], actions=actions).run()
    assert result.action_results[0].status == "success"
    assert told[0] < 20  # the client of the bucket gives up after 30
    assert len(server.got) == 1


def test_the_command_line_does_not_wait_either(slow, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("truthound.checkpoint.actions.store.load_results", lambda *_, **__: slow.wait(60) and HISTORY)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "users.csv").write_text("id\n1\n")
    (tmp_path / "truthound.yaml").write_text(
        "checkpoints: [{name: users, data_source: users.csv, validators: ['null'], "
        "actions: [{type: store_result, store_path: results}]}]\n"
    )
    assert main(["checkpoint", "run", "users"]) == 0
    assert not slow.is_set()
    assert "earlier runs could not be read: not done within 0.1 s" in capsys.readouterr().err
