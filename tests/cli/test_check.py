import json

import pytest
import yaml

from truthound.cli.check import name_of
from truthound.cli.main import main
from truthound.results import CheckpointResult


@pytest.fixture
def users(folder):
    """60 users: ages up to 999, an e-mail missing, a city in three spellings."""
    rows = [
        f"{n},u{n}@x.org,{20 + n % 40},{('Oslo', 'Rome', 'oslo')[n % 3]},2024-01-{n % 28 + 1:02}T08:00:00"
        for n in range(1, 61)
    ]
    rows[6] = "7,,999,Rome,2024-01-08T08:00:00"
    rows[40] = "41,u41@x.org,999,Rome,"
    file = folder / "users.csv"
    file.write_text("user_id,email,age,city,seen\n" + "\n".join(rows) + "\n")
    return file


def test_a_first_look(cli, users):
    code, out, err = cli("check", "users.csv")
    assert (code, err) == (0, "")
    profiled, rules, run = (
        out.partition(" rules that would fit")[0],
        out.partition(" rules that would fit")[2],
        out[out.index("\nusers  ") :],
    )
    assert "users.csv  60 rows x 5 columns - key: user_id" in profiled
    assert "1 (1.67%)" in profiled
    assert " looks wrong" in profiled
    assert "stands for a missing value?" in profiled
    assert "- unique:" in rules
    assert "allowed_values" in rules
    assert " !  low       email  not null " in run
    assert " !  medium    age    none of 999 " in run
    assert " !  high      city   none of oslo " in run
    assert " WARNING   4 warned" in run
    assert out.endswith(" next      truthound checkpoint init --data users.csv\n")
    assert out.isascii()


def test_the_rules_shown_are_yaml(cli, users):
    out = cli("check", "users.csv")[1]
    text = out.partition(" rules that would fit\n")[2].partition("\n\n")[0]
    rules = yaml.safe_load(text)
    assert {next(iter(r)) for r in rules} >= {"duplicate", "null", "unique", "range", "allowed_values"}


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("command", ["check", "profile"])
def test_it_is_never_wider_than_the_terminal(cli, users, monkeypatch, width, command):
    monkeypatch.setenv("COLUMNS", str(width))
    assert max(map(len, cli(command, "users.csv")[1].splitlines())) <= width


def test_options(cli, users):
    assert cli("check", "users.csv", "--strict")[0] == 1
    assert cli("check", "users.csv", "--fail-on", "low")[0] == 1
    assert cli("check", "users.csv", "-v", "duplicate", "--strict")[0] == 0
    code, out, _ = cli("check", "users.csv", "-q")
    assert code == 0
    assert out.startswith("users  WARNING")
    assert len(out.splitlines()) == 1
    assert "row 7  user_id=7  email=null" in cli("check", "users.csv")[1]


def test_several_files_and_formats(cli, users, folder):
    (folder / "more").mkdir()
    (folder / "more" / "clean.csv").write_text("a,b\n1,2\n3,4\n")
    code, out, _ = cli("check", "users.csv", "more/clean.csv", "none.csv")
    assert code == 3
    assert out.index("\nusers  ") < out.index("\nclean  ") < out.index("none.csv")
    runs = json.loads(cli("check", "users.csv", "more/clean.csv", "--format", "json")[1])
    assert [CheckpointResult.from_dict(r).checkpoint_name for r in runs] == ["users", "clean"]
    assert (
        CheckpointResult.from_dict(
            json.loads(cli("check", "users.csv", "--format", "json")[1])
        ).validation_result.row_count
        == 60
    )
    assert "\n## users: WARNING" in cli("check", "users.csv", "--format", "markdown")[1]


def test_data_formats_hold_what_the_terminal_shows(cli, users, folder):
    told = json.loads(cli("check", "users.csv", "--format", "json")[1])
    assert [c["name"] for c in told["profile"]["columns"]] == ["user_id", "email", "age", "city", "seen"]
    assert told["profile"]["rows"] == 60
    assert {"rule", "seen"} == set(told["drafted_rules"][0])
    assert yaml.safe_load(cli("check", "users.csv", "--format", "yaml")[1])["profile"] == told["profile"]
    assert "| column | type |" in cli("check", "users.csv", "--format", "markdown")[1]


def test_a_table_without_rows_is_told(cli, folder):
    (folder / "empty.csv").write_text("a,b\n")
    code, out, _ = cli("check", "empty.csv")
    assert code == 0
    assert "there are no rows" in out
    assert any(
        "no rows" in n
        for n in json.loads(cli("check", "empty.csv", "--format", "json")[1])["validation_result"]["notes"]
    )


def test_what_cannot_be_read(cli, folder):
    (folder / "broken.parquet").write_bytes(b"not parquet")
    for file in ("none.csv", "broken.parquet"):
        code, out, err = cli("check", file)
        assert (code, err) == (3, "")
        assert file in out
        assert " ERROR     nothing was checked" in out
        code, out, err = cli("profile", file)
        assert (code, out) == (3, "")
        assert err.startswith("error: ")
        assert "Traceback" not in err


def test_an_empty_table(cli, folder):
    (folder / "empty.csv").write_text("a,b\n")
    code, out, _ = cli("check", "empty.csv")
    assert code == 0
    assert "0 rows x 2 columns" in out


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("users.csv", "users"),
        ("data/users.csv.gz", "users"),
        ("data/*.parquet", "*"),
        ("https://x.org/u.csv?sig=1", "u"),
        ("/", "data"),
        (".csv", "data"),
        ("a\x1bb.csv", "ab"),
    ],
)
def test_names_of_files(file, name):
    assert name_of(file) == name


def test_profile(cli, users, folder, monkeypatch):
    code, out, err = cli("profile", "users.csv")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "users.csv  60 rows x 5 columns - key: user_id"
    assert lines[2].split() == ["COLUMN", "TYPE", "NULLS", "DISTINCT", "VALUES"]
    assert lines[3].split() == ["user_id", "int64", "0", "60", "1", "to", "60,", "mean", "30.5"]
    assert "rules that would fit" not in out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "▇" in cli("profile", "users.csv")[1]


def test_profile_as_data(cli, users, folder):
    data = json.loads(cli("profile", "users.csv", "--format", "json")[1])
    assert data["rows"] == 60
    assert yaml.safe_load(cli("profile", "users.csv", "--format", "yaml")[1]) == data
    assert (
        "| user\\_id | int64 | 0 | 60 | 1 to 60, mean 30.5 |" in cli("profile", "users.csv", "--format", "markdown")[1]
    )
    assert cli("profile", "users.csv", "-o", "p.txt") == (0, "", "wrote p.txt\n")
    assert (folder / "p.txt").read_text().startswith("users.csv  60 rows")


def test_hostile_data_are_harmless_everywhere(cli, folder):
    rows = "".join(f'{n},"\x1b]0;owned\x07\u202e|[bold]<b>"\n' for n in range(50))
    (folder / "evil.csv").write_text(f'id,"\x1b[31m[red]\n: {{}}"\n{rows}', encoding="utf-8")
    for args in (
        ["check", "evil.csv"],
        ["profile", "evil.csv"],
        ["profile", "evil.csv", "--format", "markdown"],
        ["check", "evil.csv", "--format", "json"],
        ["profile", "evil.csv", "--format", "json"],
        ["profile", "evil.csv", "--format", "yaml"],
    ):
        code, out, err = cli(*args)
        assert code == int(args[0] == "check")  # control characters in every row are a critical issue
        assert not {"\x1b", "\x07", "\u202e"} & set(out + err)
    assert main(["checkpoint", "init", "--data", "evil.csv"]) == 0
    assert main(["checkpoint", "run", "evil"]) == 1  # so it is for the drafted rules


def test_a_wide_table_is_shown_in_part(cli, folder):
    rows = [",".join(str(n * i % 10) if i % 2 else ("on ", "off")[n % 9 > 0] for i in range(300)) for n in range(60)]
    (folder / "wide.csv").write_text("\n".join([",".join(f"c{i}" for i in range(300)), *rows]) + "\n")
    out = cli("check", "wide.csv", "-v", "duplicate")[1]
    assert len(out.splitlines()) < 100
    for more in ("290 more columns", "more findings", "more rules", "more lines"):
        assert more in out
    assert "more columns" not in cli("profile", "wide.csv")[1]


def test_long_rules_are_folded_and_stay_yaml(cli, folder):
    names = [f"a column {i}" for i in range(40)]
    (folder / "t.csv").write_text("\n".join([",".join(names), *(",".join([f"v{n}"] * 40) for n in range(9))]) + "\n")
    text = cli("check", "t.csv")[1].partition(" rules that would fit\n")[2].partition("\n\n")[0]
    (rule,) = [r for r in yaml.safe_load(text) if "null" in r]
    assert rule["null"]["columns"] == names


def test_nan_and_nothing_are_told_as_such(cli, folder):
    (folder / "t.csv").write_text("id,f,none\n" + "".join(f"{n},{'NaN' if n % 5 == 0 else n},\n" for n in range(60)))
    lines = cli("profile", "t.csv")[1].splitlines()
    assert "1 to 59, mean 30, 12 NaN" in lines[4]
    assert lines[5].split() == ["none", "string", "60", "(100%)", "0"]
    (folder / "head.csv").write_text("a,b\n")
    assert "rules that would fit" not in cli("check", "head.csv")[1]
