import os
from datetime import UTC, datetime

import polars as pl
import pytest

from truthound.checkpoint import Checkpoint
from truthound.checkpoint.actions import ActionContext, ActionStatus, QuarantineAction
from truthound.engine.polars.split import PolarsSplit
from truthound.errors import ConfigError
from truthound.results import CheckpointResult, ValidationResult

TIME = datetime(2024, 1, 15, 9, 30, tzinfo=UTC)


ROWS = pl.DataFrame({"id": range(10), "t": ["a", None, "c;d", 'q"', "line\nbreak", "", "g", "h", "i", "j"]})


def split(rows=ROWS):
    bad = rows.lazy().filter(pl.col("id") % 3 == 0)
    return PolarsSplit(
        rows.lazy().filter(pl.col("id") % 3 != 0),
        bad.with_columns(_failed_checks=pl.lit(pl.Series([["null:t", "x:id"]])).first()),
    )


def result(rows=10, **more):
    return CheckpointResult("run/1", "daily", TIME, "failure", ValidationResult("users.csv", (), rows, 2, **more))


def execute(action, run_result=None, base=None, make=split):
    return action.execute(run_result or result(), ActionContext(split=make, base=base))


@pytest.mark.parametrize("suffix", ["parquet", "pq", "csv", "CSV"])
def test_good_and_bad_rows_are_all_rows(tmp_path, suffix):
    made = execute(QuarantineAction(good_path=f"good.{suffix}", bad_path=f"sub/bad.{suffix}"), base=tmp_path)
    assert made.status is ActionStatus.SUCCESS, made.message
    paths = {"good_path": str(tmp_path / f"good.{suffix}"), "bad_path": str(tmp_path / f"sub/bad.{suffix}")}
    assert made.details == {"good_rows": 6, "bad_rows": 4, **paths, "attempts": 1}
    assert made.message == "4 bad rows set aside, 6 good rows kept"
    read = pl.read_csv if suffix.lower() == "csv" else pl.read_parquet
    good, bad = read(paths["good_path"]), read(paths["bad_path"])
    checks = bad.get_column("_failed_checks")
    assert checks.to_list() == (["null:t;x:id"] * 4 if suffix.lower() == "csv" else [["null:t", "x:id"]] * 4)
    both = pl.concat([good, bad.drop("_failed_checks")]).sort("id")
    assert both.equals(ROWS)
    assert sorted(os.listdir(tmp_path)) == sorted(["sub", f"good.{suffix}"])


@pytest.mark.parametrize("kind", ["good", "bad"])
def test_one_path_is_enough(tmp_path, kind):
    made = execute(QuarantineAction(**{f"{kind}_path": "x.parquet"}), base=tmp_path)
    assert (made.details["good_rows"], made.details["bad_rows"]) == (6, 4)
    assert pl.read_parquet(tmp_path / "x.parquet").height == {"good": 6, "bad": 4}[kind]
    assert os.listdir(tmp_path) == ["x.parquet"]


def test_no_bad_rows_give_an_empty_file_with_its_columns(tmp_path):
    def nothing():
        made = split()
        return PolarsSplit(ROWS.lazy(), made.bad.filter(False))

    made = execute(QuarantineAction(good_path="g.csv", bad_path="b.csv"), base=tmp_path, make=nothing)
    assert made.details["bad_rows"] == 0
    assert (tmp_path / "b.csv").read_text() == "id,t,_failed_checks\n"


def test_the_format_may_be_set(tmp_path):
    execute(QuarantineAction(bad_path="bad.data", format="csv"), base=tmp_path)
    assert (tmp_path / "bad.data").read_text().startswith("id,t,_failed_checks\n")


def test_one_text_column_with_nulls_is_counted_right(tmp_path):
    rows = pl.LazyFrame({"t": [None, "", "x", None]})
    made = execute(
        QuarantineAction(good_path="g.csv"), result(4), tmp_path, lambda: PolarsSplit(rows, rows.filter(False))
    )
    assert made.details["good_rows"] == 4, made.message


def test_placeholders_are_made_safe(tmp_path):
    action = QuarantineAction(bad_path="q/{date}/{checkpoint}-{run_id}.parquet")
    hostile = CheckpointResult("../../x", "a/b", TIME, "failure", ValidationResult("x", (), 10))
    made = execute(action, hostile, tmp_path)
    assert made.status is ActionStatus.SUCCESS, made.message
    found = [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.parquet")]
    assert len(found) == 1
    assert found[0].startswith("q/2024-01-15/a_b-")
    assert found[0].count("/") == 2


@pytest.mark.parametrize("paths", [("good_path",), ("bad_path",), ("good_path", "bad_path")])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_column_of_the_name_of_the_failed_checks_is_refused(tmp_path, paths, suffix):
    action = QuarantineAction(**{path: f"{path}.{suffix}" for path in paths})
    data = {"id": [1, None], "_failed_checks": ["mine", "too"]}
    run = Checkpoint("daily", data, ["null"], base=tmp_path, actions=[action]).run()
    made = run.action_results[0]
    assert made.status is ActionStatus.ERROR
    assert 'the data have a column "_failed_checks" of their own' in made.message
    assert run.validation_result.statistics.total_issues == 1
    assert os.listdir(tmp_path) == []


def run_on(tmp_path, data_source, **options):
    """A checkpoint whose data are in `tmp_path/data`, and its result."""
    (tmp_path / "data").mkdir(exist_ok=True)
    pl.DataFrame({"id": [1, None, 3], "n": 1}).write_csv(tmp_path / "data" / "src.csv")
    checkpoint = Checkpoint("daily", data_source, ["null"], base=tmp_path, actions=[QuarantineAction(**options)])
    return checkpoint.run().action_results[0]


OVERWRITING = [
    ("data/src.csv", "data/src.csv"),
    ("data/src.csv", "data/../data/./src.csv"),
    ("data/src.csv", "link.csv"),
    ("link.csv", "data/src.csv"),
    ("data/src.csv", "folder/src.csv"),
    ("data/src.csv", "hard.csv"),
    ("data", "data/bad.csv"),
    ("data", "data/year=2024/{run_id}.csv"),
    ("folder", "data/bad.csv"),
    ("data/*.csv", "data/bad.csv"),
    ("data/*.csv", "folder/bad-{run_id}.csv"),
    ("data/**/*.csv", "data/a/b/bad.csv"),
    ("data/**/*.csv", "data/bad.csv"),
    ("data/daily-*.csv", "data/{checkpoint}-{date}.csv"),
    ("*/src.csv", "data/src.csv"),
    ("l*.csv", "data/src.csv"),
    ({"path": "data/*", "format": "csv"}, "data/bad.csv"),
    ("file://{base}/data/src.csv", "data/src.csv"),
]


@pytest.mark.parametrize("kind", ["good", "bad"])
@pytest.mark.parametrize(("source", "target"), OVERWRITING)
def test_a_file_that_is_read_is_not_overwritten(tmp_path, monkeypatch, source, target, kind):
    (tmp_path / "data").mkdir()
    for name in ("src", "daily-1"):
        (tmp_path / "data" / f"{name}.csv").write_text("id,n\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "data" / "src.csv")
    (tmp_path / "hard.csv").hardlink_to(tmp_path / "data" / "src.csv")
    (tmp_path / "folder").symlink_to(tmp_path / "data")
    source = source.format(base=tmp_path) if isinstance(source, str) else source
    with pytest.raises(ConfigError, match=rf"actions\.0\.{kind}_path: .* is part of the data that is checked"):
        run_on(tmp_path, source, **{f"{kind}_path": target})
    monkeypatch.setenv("TARGET", "somewhere.csv")  # known only when it runs
    checkpoint = Checkpoint(
        "daily", source, base=tmp_path, actions=[{"type": "quarantine", f"{kind}_path": "${TARGET}"}]
    )
    monkeypatch.setenv("TARGET", target)
    before = sorted(tmp_path.rglob("*"))
    (made,) = checkpoint.run().action_results
    assert made.status is ActionStatus.ERROR
    assert f"{kind}_path: " in made.message
    assert "is part of the data that is checked" in made.message
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("data/src.csv", "data/bad.csv"),
        ("data", "bad.csv"),
        ("data", "data/_bad/bad.csv"),
        ("data/*.csv", "data/bad.parquet"),
        ("data/*.csv", "data/sub/bad.csv"),
        ("data/*.csv", "data/_bad.csv"),
        ("data/s*.csv", "data/bad.csv"),
        ({"path": "data", "format": "csv"}, "data/bad.parquet"),
        ({"id": [1, None]}, "data/bad.csv"),
    ],
)
def test_a_file_that_is_not_read_may_be_overwritten(tmp_path, source, target):
    for _ in range(2):  # the second run reads what the first one left
        made = run_on(tmp_path, source, bad_path=target)
        assert made.status is ActionStatus.SUCCESS, made.message
        assert made.details["bad_rows"] == 1
        assert made.message == "1 bad row set aside"


def test_a_database_is_not_overwritten(tmp_path):
    with pytest.raises(ConfigError, match="is part of the data that is checked"):
        run_on(tmp_path, {"path": "app.sqlite", "table": "users"}, bad_path="app.sqlite", format="csv")


def test_good_and_bad_must_differ_on_disk_as_well(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(ConfigError, match="good_path and bad_path are the same file"):
        run_on(tmp_path, "data/src.csv", good_path="a/x.csv", bad_path="b/x.csv")


def test_when_the_rows_do_not_add_up_nothing_is_written(tmp_path):
    (tmp_path / "bad.parquet").write_text("old")
    made = execute(QuarantineAction(good_path="good.parquet", bad_path="bad.parquet"), result(11), tmp_path)
    assert made.status is ActionStatus.FAILURE
    assert made.message.startswith("good (6) and bad (4) rows make 10, but 11 rows were checked: the data changed")
    assert os.listdir(tmp_path) == ["bad.parquet"]
    assert (tmp_path / "bad.parquet").read_text() == "old"


def test_a_sample_is_split_as_the_run_splits_it(tmp_path):
    for rows, whole in ((10, 500), (3, 10)):
        assert (
            execute(QuarantineAction(bad_path="b.parquet"), result(rows, sampled_from=whole), tmp_path).status
            is ActionStatus.SUCCESS
        )


def test_nested_columns_need_parquet(tmp_path):
    rows = pl.LazyFrame({"a": [[1], [2]]})
    made = execute(
        QuarantineAction(good_path="g.csv"), result(2), tmp_path, lambda: PolarsSplit(rows, rows.filter(False))
    )
    assert (made.status, made.message) == (ActionStatus.FAILURE, "CSV cannot hold the nested columns a; write Parquet")
    assert os.listdir(tmp_path) == []


def test_a_run_without_data_is_skipped_and_one_without_rows_is_not():
    made = execute(QuarantineAction(bad_path="b.csv"), CheckpointResult("r", "c", TIME, "error"), make=None)
    assert made.status is ActionStatus.SKIPPED
    made = execute(QuarantineAction(bad_path="b.csv"), make=None)
    assert (made.status, made.message) == (
        ActionStatus.FAILURE,
        "the rows of the run are not available; use this action in a checkpoint",
    )


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    made = execute(QuarantineAction(bad_path="file/b.csv"), base=tmp_path)
    assert made.status is ActionStatus.ERROR
    assert made.message.startswith(f"cannot write {tmp_path}/file/b.csv: ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give good_path, bad_path or both"),
        ({"bad_path": "x.txt"}, "x.txt.* has no known suffix; end it with .parquet or .csv, or set format"),
        ({"bad_path": "x.csv", "good_path": "./x.csv"}, "the same file"),
        ({"bad_path": "{runid}.csv"}, r'unknown placeholder \{runid\}; did you mean "run_id"'),
        ({"bad_path": "{}.csv"}, r"unknown placeholder \{\}; there are"),
        ({"bad_path": "s3://b/x.csv"}, "is not a local folder"),
        ({"bad_path": "x.csv", "format": "xml"}, "format"),
        ({"badpath": "x.csv"}, 'did you mean "bad_path"'),
    ],
)
def test_mistakes(options, message):
    with pytest.raises(ConfigError, match=message):
        QuarantineAction(**options)


def test_paths_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("TH_OUT", str(tmp_path))
    assert execute(QuarantineAction(bad_path="${TH_OUT}/b.csv")).status is ActionStatus.SUCCESS
    monkeypatch.setenv("TH_OUT", "x.txt")
    made = execute(QuarantineAction(bad_path="${TH_OUT}"))
    assert (made.status, "has no known suffix" in made.message) == (ActionStatus.ERROR, True)
    monkeypatch.setenv("TH_OUT", "same.csv")
    made = execute(QuarantineAction(bad_path="${TH_OUT}", good_path="same.csv"))
    assert "the same file" in made.message


def test_a_null_of_the_only_column_is_a_row_in_the_file(tmp_path):
    (tmp_path / "data.csv").write_text('id\n1\n""\n3\n4000\n')
    action = QuarantineAction(bad_path="bad.csv", good_path="good.csv")
    rules = [{"range": {"columns": "id", "max_value": 100}}]
    made = Checkpoint("daily", "data.csv", rules, base=tmp_path, actions=[action]).run().action_results[0]
    assert (made.details["bad_rows"], made.details["good_rows"]) == (1, 3)
    assert (tmp_path / "good.csv").read_text() == 'id\n1\n""\n3\n'
