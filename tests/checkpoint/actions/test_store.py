import dataclasses
import gzip
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import yaml

from truthound.checkpoint.actions import ActionContext, StoreValidationResult, load_results
from truthound.checkpoint.actions.store import FORMAT
from truthound.errors import ConfigError, StoreError
from truthound.results import ActionResult, CheckOutcome, CheckpointResult, Example, ValidationResult

TIME = datetime(2024, 1, 15, 9, 30, 5, 250_000, tzinfo=UTC)


def result(run_id="20240115_093005_ab12", checkpoint="daily", at=TIME, status="failure", **more):
    outcome = CheckOutcome(
        "null:a", "null", ("a",), "failed", "high", 1, 2, examples=(Example(1, {"a": "\ud7ff \x00 é 😀 <&>"}),)
    )
    validation = ValidationResult("users.csv", (outcome,), 2, 1)
    return CheckpointResult(
        run_id, checkpoint, at, status, validation, (ActionResult("success", "first"),), 1.5, **more
    )


def store(result, path, *, clock=lambda: TIME, **options):
    made = StoreValidationResult(store_path=str(path), **options).execute(result, ActionContext(clock=clock))
    assert made.status == "success", made.message
    return made


def files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_the_documents_example(tmp_path):
    action = StoreValidationResult(
        store_path=f"{tmp_path}/results",
        store_type="file",
        format="json",
        partition_by="date",
        retention_days=30,
        compress=True,
    )
    made = action.execute(result(), ActionContext(clock=lambda: TIME))
    path = tmp_path / "results/2024-01-15/daily_20240115_093005_ab12.json.gz"
    assert made.details == {"path": str(path), "bytes": path.stat().st_size, "deleted": 0, "attempts": 1}
    assert (made.action_name, made.action_type, made.message) == ("store_result", "storage", f"stored in {path}")
    assert load_results(tmp_path / "results") == [result()]


def test_defaults():
    action = StoreValidationResult()
    assert (action.store_path, action.store_type, action.format, action.partition_by) == (
        "./truthound_results",
        None,
        "json",
        None,
    )


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("form", ["json", "yaml"])
def test_what_is_stored_is_read_back_without_loss(tmp_path, form, compress):
    store(result(), tmp_path, format=form, compress=compress)
    name = f"daily_20240115_093005_ab12.{form}{'.gz' if compress else ''}"
    assert files(tmp_path) == [name]
    content = (tmp_path / name).read_bytes()
    text = (gzip.decompress(content) if compress else content).decode()
    document = json.loads(text) if form == "json" else yaml.safe_load(text)
    assert document == {"format": FORMAT} | result().to_dict()
    assert load_results(tmp_path) == [result()]


def test_half_a_surrogate_pair_is_stored(tmp_path):
    odd = result(error="\ud800")
    for form in ("json", "yaml"):
        store(odd, tmp_path / form, format=form)
        assert load_results(tmp_path / form) == [odd]


@pytest.mark.parametrize(
    ("partition", "folder"), [(None, ""), ("date", "2024-01-15/"), ("checkpoint", "daily/"), ("status", "failure/")]
)
def test_partitions(tmp_path, partition, folder):
    store(result(), tmp_path, partition_by=partition)
    assert files(tmp_path) == [f"{folder}daily_20240115_093005_ab12.json"]
    assert load_results(tmp_path, "daily") == [result()]


def test_the_date_is_utc(tmp_path):
    store(result(at=datetime(2024, 1, 15, 23, tzinfo=timezone(timedelta(hours=-8)))), tmp_path, partition_by="date")
    assert files(tmp_path)[0].startswith("2024-01-16/")


@pytest.mark.parametrize("name", ["../../x", "CON", "", "x" * 300, "a/b\\c", "😀", "-rf", "a\nb\0"])
@pytest.mark.parametrize("partition", [None, "checkpoint"])
def test_hostile_names_stay_in_the_folder(tmp_path, name, partition):
    hostile = result(run_id=name, checkpoint=name)
    store(hostile, tmp_path / "in", partition_by=partition)
    assert len(files(tmp_path / "in")) == 1
    assert os.listdir(tmp_path) == ["in"]
    assert load_results(tmp_path / "in", name) == [hostile]
    assert load_results(tmp_path / "in", "other") == []


def test_a_run_id_with_the_checkpoints_name_does_not_repeat_it(tmp_path):
    store(result(run_id="daily_20240115_093005_ab12"), tmp_path)
    store(result(run_id="daily2_x"), tmp_path)
    assert files(tmp_path) == ["daily_20240115_093005_ab12.json", "daily_daily2_x.json"]
    assert len(load_results(tmp_path, "daily")) == 2


def test_a_run_that_is_stored_again_replaces_its_file(tmp_path):
    store(result(), tmp_path)
    again = result(metadata={"again": 1})
    store(again, tmp_path)
    assert load_results(tmp_path) == [again]


def test_relative_paths_start_from_the_runs_folder(tmp_path):
    made = StoreValidationResult(store_path="./out").execute(result(), ActionContext(base=tmp_path))
    assert made.details["path"].startswith(str(tmp_path / "out"))
    assert load_results("./out", base=tmp_path) == [result()]


# --- mistakes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"store_path": "s3://bucket/x", "store_type": "gcs"}, '"gcs" requires gs://bucket/folder as store_path'),
        ({"store_path": "./x", "store_type": "s3"}, '"s3" requires s3://bucket/folder as store_path'),
        ({"store_path": "gs:///x"}, "names no bucket"),
        ({"store_path": "ftp://host/x"}, "is not a local folder"),
    ],
)
def test_the_path_and_the_type_agree(options, said):
    with pytest.raises(ConfigError, match=said):
        StoreValidationResult(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"store_type": "s3"},
        {"format": "xml"},
        {"partition_by": "day"},
        {"retention_days": 0},
        {"store_path": ""},
        {"comprss": 1},
    ],
)
def test_wrong_options(options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        StoreValidationResult(**options)


def test_what_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", "/proc/nowhere"):
        made = StoreValidationResult(store_path=str(path)).execute(result())
        assert made.status == "error"
        assert made.message.startswith(f"cannot write {path}/daily_")


# --- retention -------------------------------------------------------------------------------------------------------


def days(n):
    return TIME - timedelta(days=n)


def test_retention_deletes_what_is_older_by_the_runs_clock(tmp_path):
    for n in (0, 29, 30, 31, 400):
        store(result(run_id=f"r{n}", at=days(n)), tmp_path, partition_by="date")
    store(result(run_id="other", checkpoint="daily_b", at=days(400)), tmp_path)
    store(result(run_id="y", at=days(40)), tmp_path, format="yaml", compress=True)
    made = store(result(run_id="new"), tmp_path, retention_days=30)
    assert made.details["deleted"] == 3
    assert sorted(r.run_id for r in load_results(tmp_path)) == ["new", "other", "r0", "r29", "r30"]


def test_retention_deletes_no_other_files(tmp_path):
    outside = tmp_path / "outside"
    store(result(run_id="theirs", at=days(400)), outside)
    folder = tmp_path / "in"
    folder.mkdir()
    theirs = {
        "daily_notes.json": '{"my": "notes"}',
        "daily_list.json": "[]",
        "daily_x.yaml": "format: mine",
        "daily_damaged.json": "{",
        "daily_.json.gz": "not gzip",
        "daily_x.txt": "",
        "daily_renamed.csv": (outside / "daily_theirs.json").read_text(),
        "daily_future.json": json.dumps({"format": "truthound.result/99"} | result(at=days(400)).to_dict()),
        "deep/er/daily_x.json": (outside / "daily_theirs.json").read_text(),
    }
    for name, content in theirs.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
        os.utime(folder / name, (0, 0))
    (folder / "daily_link.json").symlink_to(outside / "daily_theirs.json")
    (folder / "linked").symlink_to(outside)
    made = store(result(), folder, retention_days=1)
    assert made.details["deleted"] == 0
    assert set(files(folder)) >= {*theirs, "daily_link.json"}
    assert files(outside) == ["daily_theirs.json"]


def test_a_young_result_with_an_old_time_stamp_stays(tmp_path):
    store(result(run_id="young"), tmp_path)
    os.utime(tmp_path / "daily_young.json", (0, 0))
    store(result(run_id="new"), tmp_path, retention_days=1)
    assert len(load_results(tmp_path)) == 2


# --- reading back ----------------------------------------------------------------------------------------------------


def test_nothing_stored_yet(tmp_path):
    assert load_results(tmp_path / "none") == []


def test_newest_first_and_limited(tmp_path):
    for n in (3, 0, 2, 1):
        store(
            result(run_id=f"r{n}", at=days(n)),
            tmp_path,
            partition_by="date",
            format="yaml" if n % 2 else "json",
            compress=n > 1,
        )
    store(result(run_id="b", checkpoint="daily_b", at=days(-1)), tmp_path)
    assert [r.run_id for r in load_results(tmp_path)] == ["b", "r0", "r1", "r2", "r3"]
    assert [r.run_id for r in load_results(tmp_path, "daily", 2)] == ["r0", "r1"]
    assert [r.run_id for r in load_results(tmp_path, "daily_b")] == ["b"]
    assert load_results(tmp_path, limit=0) == []
    with pytest.raises(ConfigError, match="limit is -1"):
        load_results(tmp_path, limit=-1)


def test_order_survives_a_copy_that_loses_the_files_times(tmp_path):
    for n in range(60):
        store(result(run_id=f"{days(n):%Y%m%d_%H%M%S}_x", at=days(n)), tmp_path)
    for path in tmp_path.iterdir():
        os.utime(path, (1_800_000_000 + hash(path) % 1000,) * 2)
    assert [r.run_time for r in load_results(tmp_path, limit=5)] == [days(n) for n in range(5)]


def test_damaged_files_are_skipped_and_reported(tmp_path):
    store(result(), tmp_path)
    good = (tmp_path / files(tmp_path)[0]).read_text()
    (tmp_path / "daily_half.json").write_text(good[: len(good) // 2])
    (tmp_path / "daily_empty.json.gz").write_bytes(gzip.compress(good.encode())[:50])
    (tmp_path / "daily_odd.json").write_text(
        json.dumps({"format": FORMAT, "checkpoint_name": "daily", "status": "great"})
    )
    (tmp_path / "daily_odd2.json").write_text(json.dumps({"format": FORMAT, "run_time": 3}))
    (tmp_path / "daily_deep.json").write_text(f'{{"format": "{FORMAT}", "x": ' + "[" * 100_000)
    (tmp_path / "daily_deep.yaml").write_text(f"format: {FORMAT}\nx: " + "[" * 100_000)
    (tmp_path / "daily_list.yaml").write_text("[" * 100_000)
    (tmp_path / "daily_bin.yaml").write_bytes(b"format: \xff\x00\x80")
    (tmp_path / "daily_new.json").write_text('{"format": "truthound.result/2"}')
    (tmp_path / "package_lock.json").write_text('{"name": "theirs"}')
    problems = []
    assert load_results(tmp_path, problems=problems) == [result()]
    told = {Path(p.partition(": ")[0]).name: p for p in problems}
    assert set(told) == {
        "daily_half.json",
        "daily_empty.json.gz",
        "daily_odd.json",
        "daily_odd2.json",
        "daily_bin.yaml",
        "daily_new.json",
        "daily_deep.json",
        "daily_deep.yaml",
    }
    assert "written by another version (truthound.result/2)" in told["daily_new.json"]
    with pytest.warns(UserWarning, match="skipped"):
        assert load_results(tmp_path) == [result()]


def test_yaml_cannot_make_objects(tmp_path):
    (tmp_path / "daily_evil.yaml").write_text(
        f"format: {FORMAT}\nrun_id: !!python/object/apply:os.mkdir ['{tmp_path}/made']\n"
    )
    problems = []
    assert load_results(tmp_path, problems=problems) == []
    assert len(problems) == 1
    assert not (tmp_path / "made").exists()


def test_a_file_instead_of_a_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot list"):
        load_results(tmp_path / "file")


@pytest.mark.parametrize("compress", [False, True])
def test_of_five_thousand_runs_only_the_newest_are_parsed(tmp_path, compress):
    """Although another checkpoint's names begin the same."""
    action = StoreValidationResult(store_path=str(tmp_path), compress=compress)
    content = {
        c: action.encode(result(run_id="RUN", checkpoint=c)).decode("latin-1") if not compress else None
        for c in ("daily", "daily_b")
    }
    for n in range(5000):
        checkpoint = "daily_b" if n % 2 else "daily"
        at = TIME - timedelta(hours=n)
        if compress:
            body = action.encode(result(run_id=f"r{n}", checkpoint=checkpoint, at=at))
        else:
            body = (
                content[checkpoint].replace("RUN", f"r{n}").replace(TIME.isoformat(), at.isoformat()).encode("latin-1")
            )
        path = tmp_path / f"{checkpoint}_r{n}.json{'.gz' if compress else ''}"
        path.write_bytes(body)
        os.utime(path, (at.timestamp(),) * 2)
    parsed = []
    original = CheckpointResult.from_dict.__func__
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CheckpointResult, "from_dict", classmethod(lambda cls, d: parsed.append(1) or original(cls, d)))
        found = load_results(tmp_path, "daily", limit=20)
    assert [r.run_id for r in found] == [f"r{n}" for n in range(0, 40, 2)]
    assert len(parsed) <= 40


WRITER = """
import sys
from datetime import UTC, datetime, timedelta
from truthound.checkpoint.actions import ActionContext, StoreValidationResult, load_results
from truthound.results import CheckpointResult
folder, who = sys.argv[1:]
now = datetime(2024, 1, 15, tzinfo=UTC)
for i in range(60):
    old = i % 3 == 0
    made = StoreValidationResult(store_path=folder, partition_by="date", retention_days=30).execute(
        CheckpointResult(f"{who}-{i}", "daily", now - timedelta(days=60 if old else i), "success"), ActionContext(clock=lambda: now))
    assert made.status == "success" and "retention_error" not in made.details, made
    problems = []
    load_results(folder, problems=problems)
    assert not problems, problems
"""


def test_two_processes_at_once_lose_nothing(tmp_path):
    processes = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), who]) for who in "ab"]
    assert [p.wait() for p in processes] == [0, 0]
    found = {r.run_id for r in load_results(tmp_path)}
    assert found == {f"{who}-{i}" for who in "ab" for i in range(31) if i % 3}
    assert not [f for f in files(tmp_path) if "tmp" in f]


def test_the_action_results_known_so_far_are_stored(tmp_path):
    store(result(), tmp_path)
    assert [a.action_name for a in load_results(tmp_path)[0].action_results] == ["first"]
    assert dataclasses.replace(load_results(tmp_path)[0]) == result()
