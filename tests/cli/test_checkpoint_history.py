import json

import pytest

from helpers.made_results import FAILING, HISTORY, UNREADABLE
from truthound.checkpoint.actions.store import StoreValidationResult
from truthound.results import CheckpointResult


@pytest.fixture
def store(folder):
    action = StoreValidationResult(store_path=str(folder / "results"))
    for result in [*HISTORY, UNREADABLE, FAILING]:
        assert action.execute(result).status == "success"
    return folder / "results"


def test_runs_and_checks_over_time(cli, store):
    code, out, err = cli("checkpoint", "history", "users", "--store", store)
    assert (code, err) == (0, "")
    assert "users  7 runs in" in out.splitlines()[0]
    assert "FAILED  20261127-013907  2 failed, 1 warned, 1 errored, 4 passed" in out
    assert " email    20 20 20 20 20 45 93  93 (1.86%)  not null" in out
    assert " user_id  0 0 0 0 0 0 4         4 (0.08%)   unique" in out
    assert "blank" not in out
    assert out.isascii()


def test_bars_where_colour_is_welcome(cli, store, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    out = cli("checkpoint", "history", "users", "--store", store)[1]
    assert "▂▂▂▂▂▄▇" in out
    assert "▂" not in cli("checkpoint", "history", "users", "--store", store, "--no-color")[1]


def test_limit_takes_the_newest(cli, store):
    out = cli("checkpoint", "history", "users", "--store", store, "--limit", 2)[1]
    assert "2 runs in" in out
    assert "20261126-013907" in out
    assert "20261125-013907" not in out


def test_as_data(cli, store):
    out = cli("checkpoint", "history", "users", "--store", store, "--format", "json", "--limit", 1)[1]
    assert [CheckpointResult.from_dict(r) for r in json.loads(out)] == [FAILING]


def test_into_a_file(cli, store, folder):
    assert cli("checkpoint", "history", "users", "--store", store, "-o", "h.txt") == (0, "", "wrote h.txt\n")
    assert (folder / "h.txt").read_text().startswith("users  7 runs")


def test_the_configured_store_is_the_default(cli, project, store):
    assert cli("checkpoint", "history", "users")[0] == 0
    code, _, err = cli("checkpoint", "history", "cities")
    assert code == 2
    assert 'the results of "cities" are not stored; add "- type: store_result"' in err


def test_nothing_there(cli, store):
    code, out, err = cli("checkpoint", "history", "usrs", "--store", store)
    assert (code, out) == (2, "")
    assert 'no runs of "usrs" are stored in' in err


def test_a_damaged_file_is_told_and_passed_over(cli, store):
    (store / "users_20261128-000000.json").write_text('{"format": "truthound.result/1", ')
    code, out, err = cli("checkpoint", "history", "users", "--store", store)
    assert code == 0
    assert "7 runs" in out
    assert err.startswith("warning: ")
    assert "damaged" in err
