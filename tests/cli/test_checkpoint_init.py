from truthound.checkpoint.config import load_checkpoints


def test_the_sample_runs_as_written(cli, folder):
    code, out, err = cli("checkpoint", "init")
    assert (code, out) == (0, "")
    assert err.splitlines() == [
        "wrote truthound.yaml",
        "wrote data/flights.csv",
        "wrote data/planes.csv",
        "next: truthound checkpoint run nyc_flights",
    ]
    assert cli("checkpoint", "validate")[0] == 0
    code, out, _ = cli("checkpoint", "run", "nyc_flights")
    assert code == 1
    assert "2,392 rows x 19 columns" in out
    assert " FAILED " in out
    assert cli("checkpoint", "history", "nyc_flights")[0] == 0


def test_the_sample_elsewhere(cli, folder):
    err = cli("checkpoint", "init", "-o", "a b/demo.yaml")[2]
    assert "next: truthound checkpoint run nyc_flights --config 'a b/demo.yaml'" in err
    assert (folder / "a b" / "data" / "flights.csv").exists()
    assert cli("checkpoint", "run", "nyc_flights", "--config", "a b/demo.yaml")[0] == 1


def test_nothing_is_written_over_without_force(cli, folder):
    (folder / "data").mkdir()
    (folder / "data" / "flights.csv").write_text("mine")
    (folder / "truthound.yaml").write_text("mine")
    code, out, err = cli("checkpoint", "init")
    assert (code, out) == (2, "")
    assert "flights.csv exists and holds other data; move it" in err
    assert cli("checkpoint", "init", "--force")[0] == 2  # data are never written over
    assert not (folder / "data" / "planes.csv").exists()
    assert (folder / "data" / "flights.csv").read_text() == (folder / "truthound.yaml").read_text() == "mine"
    (folder / "data" / "flights.csv").unlink()
    code, out, err = cli("checkpoint", "init")
    assert (code, out) == (2, "")
    assert "truthound.yaml exists; --force" in err
    assert cli("checkpoint", "init", "--force")[0] == 0
    assert cli("checkpoint", "validate")[0] == 0
    assert cli("checkpoint", "init")[0] == 2
    (folder / "truthound.yaml").unlink()
    assert cli("checkpoint", "init")[2].splitlines()[0] == "wrote truthound.yaml"  # its own data are no obstacle


def test_rules_drafted_from_data(cli, project):
    code, _, err = cli("checkpoint", "init", "--data", "users.csv")
    assert code == 2
    assert "truthound.yaml exists" in err
    assert cli("checkpoint", "init", "--data", "users.csv", "-o", "conf/mine.yaml")[0] == 0
    (checkpoint,) = load_checkpoints("conf/mine.yaml")
    assert checkpoint.name == "users"
    assert "# " in (project / "conf" / "mine.yaml").read_text()
    assert cli("checkpoint", "run", "users", "-c", "conf/mine.yaml")[0] in {0, 1}
    assert cli("checkpoint", "run", "users", "-c", "conf/mine.yaml", "--format", "json")[1].count('"row_count": 5') == 1


def test_a_draft_names_its_data_from_where_it_is(cli, project):
    assert cli("checkpoint", "init", "--data", "users.csv", "-o", "conf/deep/mine.yaml")[0] == 0
    assert "data_source: ../../users.csv\n" in (project / "conf" / "deep" / "mine.yaml").read_text()
    assert cli("checkpoint", "init", "--data", project / "users.csv", "-o", "conf/whole.yaml")[0] == 0
    assert f"data_source: {project / 'users.csv'}\n" in (project / "conf" / "whole.yaml").read_text()
    for file in ("conf/deep/mine.yaml", "conf/whole.yaml"):
        assert '"row_count": 5' in cli("checkpoint", "run", "users", "-c", file, "--format", "json")[1]


def test_data_that_cannot_be_read(cli, folder):
    code, out, err = cli("checkpoint", "init", "--data", "none.csv")
    assert (code, out) == (3, "")
    assert "none.csv" in err
    assert not (folder / "truthound.yaml").exists()
